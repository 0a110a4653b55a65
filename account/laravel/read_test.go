package laravel

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"madang/account/words"
)

// post is a request with a body.
func post(kind, body string) *http.Request {
	r := httptest.NewRequest("POST", "/user", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}

const (
	jsonKind = "application/json"
	formKind = "application/x-www-form-urlencoded"
)

func mustRead(t *testing.T, r *http.Request, l Limits) *Input {
	t.Helper()
	in, err := Read(httptest.NewRecorder(), r, l)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestReadKinds(t *testing.T) {
	for _, c := range []struct{ name, kind, body string }{
		{"JSON", jsonKind, `{"email":" a@b.c ","password":" x ","remember":true,"permissions":["read",1,"update"]}`},
		{"JSON of some API", "application/vnd.api+json; charset=utf-8", `{"email":"a@b.c","password":" x ","remember":1,"permissions":{"0":"read","1":"update"}}`},
		{"form", formKind, "email=a%40b.c&password=+x+&remember=on&permissions[]=read&permissions%5B1%5D=update&bad=%zz"},
		{"multipart", "multipart/form-data; boundary=b", parts("email", "a@b.c", "password", " x ", "remember", "yes", "permissions[]", "read", "permissions[]", "update")},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := mustRead(t, post(c.kind, c.body), Limits{})
			if in.Text("email") != "a@b.c" || in.Text("password") != " x " || !in.Flag("remember") || in.Method() != "POST" {
				t.Errorf("read %v", in.values)
			}
			if got := in.List("permissions"); !slices.Equal(got, []string{"read", "update"}) {
				t.Errorf("permissions are %q", got)
			}
			if in.Has("nothing") || in.Text("nothing") != "" || in.Flag("nothing") || in.List("nothing") != nil {
				t.Error("what is not there is there")
			}
		})
	}
}

// parts is a multipart body with the boundary b.
func parts(pairs ...string) string {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary("b"); err != nil {
		panic(err)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, file := strings.CutPrefix(pairs[i], "file:")
		if file {
			f, _ := w.CreateFormFile(name, name+".png")
			_, _ = f.Write([]byte(pairs[i+1]))
			continue
		}
		_ = w.WriteField(name, pairs[i+1])
	}
	_ = w.Close()
	return b.String()
}

func TestWhatCannotBeReadCarriesNothing(t *testing.T) {
	for _, c := range []struct{ kind, body string }{
		{jsonKind, `{"email":"a@b.c"`},
		{jsonKind, `{"email":"a@b.c"} {}`},
		{jsonKind, `["email"]`},
		{jsonKind, `null`},
		{jsonKind, "{\"email\":\"\xff\"}"},
		{jsonKind, ``},
		{"text/plain", `{"email":"a@b.c"}`},
		{"", `email=a`},
		{"multipart/form-data", parts("email", "a")},
		{"multipart/form-data; boundary=other", parts("email", "a")},
		{"multipart/form-data; boundary=b", parts("email", "a")[:20]},
	} {
		if in := mustRead(t, post(c.kind, c.body), Limits{}); in.Has("email") {
			t.Errorf("%s %q: read %v", c.kind, c.body, in.values)
		}
	}
}

func TestOnlyGetsAreReadFromTheAddress(t *testing.T) {
	in := mustRead(t, httptest.NewRequest("GET", "/x?seconds=5", nil), Limits{})
	if in.Text("seconds") != "5" {
		t.Error("the address of a GET was not read")
	}
	r := httptest.NewRequest("POST", "/x?password=secret", strings.NewReader("a=b"))
	r.Header.Set("Content-Type", formKind)
	if mustRead(t, r, Limits{}).Has("password") {
		t.Error("a password was taken from an address, which everybody logs")
	}
}

func TestSizesAreBounded(t *testing.T) {
	long := strings.Repeat("x", maxText)
	photo := Limits{File: map[string]int64{"photo": 10}}
	for _, c := range []struct {
		name, kind, body string
		limits           Limits
	}{
		{name: "JSON", kind: jsonKind, body: `{"a":"` + long + `"}`},
		{name: "form", kind: formKind, body: "a=" + long},
		{name: "unknown", kind: "text/plain", body: long + "x"},
		{name: "multipart", kind: "multipart/form-data; boundary=b", body: parts("a", long)},
		{name: "text beside a file", kind: "multipart/form-data; boundary=b", body: parts("a", long, "b", "x"), limits: photo},
		{name: "upload", kind: "multipart/form-data; boundary=b", body: parts("file:photo", strings.Repeat("x", MaxUpload)), limits: photo},
		{name: "other upload", kind: "multipart/form-data; boundary=b", body: parts("file:other", strings.Repeat("x", MaxUpload)), limits: photo},
		{name: "fields of a form", kind: formKind, body: strings.Repeat("a=&", maxFields)},
		{name: "parts", kind: "multipart/form-data; boundary=b", body: parts(slices.Repeat([]string{"a", ""}, maxFields+1)...), limits: photo},
		{name: "members", kind: jsonKind, body: members(maxFields + 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, err := Read(httptest.NewRecorder(), post(c.kind, c.body), c.limits)
			if !errors.Is(err, ErrTooLarge) {
				t.Errorf("read %v, %v", in, err)
			}
		})
	}
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%d":0`, i)
	}
	return "{" + b.String()[1:] + "}"
}

func TestFiles(t *testing.T) {
	l := Limits{File: map[string]int64{"photo": 10}}
	kind := "multipart/form-data; boundary=b"
	if f, ok := mustRead(t, post(kind, parts("name", "Kim", "file:photo", "0123456789")), l).File("photo"); !ok || f.Large || string(f.Data) != "0123456789" || f.Name != "photo.png" {
		t.Errorf("file %v, %v", f, ok)
	}
	if f, ok := mustRead(t, post(kind, parts("file:photo", "0123456789x")), l).File("photo"); !ok || !f.Large || string(f.Data) != "0123456789x" {
		t.Errorf("a large file is %v, %v", f, ok)
	}
	if in := mustRead(t, post(kind, parts("file:other", "x", "name", "Kim")), l); len(in.files) != 0 || in.Text("name") != "Kim" {
		t.Errorf("a file that nobody asked for: %v", in)
	}
	if in := mustRead(t, post(kind, parts("file:photo", "x")), Limits{}); len(in.files) != 0 {
		t.Errorf("a file where there is none: %v", in)
	}
}

func TestTextsMustBeText(t *testing.T) {
	in := mustRead(t, post(jsonKind, `{"email":["a"],"name":null,"code":123456,"password":"","terms":[]}`), Limits{})
	e := in.Texts(words.Speaker{Profile: words.Laravel8}, "email", "name", "code", "password", "terms", "nothing")
	if got := e.Of("email"); len(got) != 1 || got[0] != "The email must be a string." {
		t.Errorf("email: %q", got)
	}
	if !e.Has("code") || e.Has("name") || e.Has("password") || e.Has("terms") || e.Has("nothing") {
		t.Errorf("errors: %v", e)
	}
}

func TestMethodOverride(t *testing.T) {
	for _, c := range []struct{ real, kind, body, header, query, want string }{
		{real: "POST", kind: formKind, body: "_method=put", want: "PUT"},
		{real: "POST", kind: jsonKind, body: `{"_method":"DELETE"}`, want: "DELETE"},
		{real: "POST", kind: "multipart/form-data; boundary=b", body: parts("_method", "PATCH"), want: "PATCH"},
		{real: "POST", header: "PUT", want: "PUT"},
		{real: "POST", query: "?_method=DELETE", want: "DELETE"},
		{real: "POST", kind: formKind, body: "_method=GET", want: "POST"},
		{real: "POST", kind: formKind, body: "_method=HEAD", want: "POST"},
		{real: "POST", kind: formKind, body: "_method=OPTIONS", want: "POST"},
		{real: "POST", kind: jsonKind, body: `{"_method":["PUT"]}`, want: "POST"},
		{real: "POST", kind: formKind, body: "_method=PUT%20", want: "PUT"},
		{real: "POST", kind: formKind, body: "_method=%C5%BFPUT", want: "POST"},
		{real: "GET", query: "?_method=DELETE", header: "DELETE", want: "GET"},
		{real: "PUT", kind: formKind, body: "_method=DELETE", want: "PUT"},
		{real: "HEAD", header: "PUT", want: "HEAD"},
	} {
		r := httptest.NewRequest(c.real, "/x"+c.query, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		if c.header != "" {
			r.Header.Set("X-HTTP-Method-Override", c.header)
		}
		if got := mustRead(t, r, Limits{}).Method(); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestBrokenBody(t *testing.T) {
	r := post(jsonKind, "")
	r.Body = http.NoBody
	r.Body = brokenBody{}
	_, err := Read(httptest.NewRecorder(), r, Limits{})
	if p, ok := errors.AsType[*Problem](err); !ok || p.Status != http.StatusBadRequest {
		t.Errorf("error %v", err)
	}
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, errors.New("gone") }
func (brokenBody) Close() error             { return nil }

func FuzzRead(f *testing.F) {
	f.Add(jsonKind, `{"email":"a@b.c","_method":"PUT","a":[1,{"b":null}]}`)
	f.Add(formKind, "a[b][c]=1&a[]=2&[]=3&=4&_method=DELETE&%=%")
	f.Add("multipart/form-data; boundary=b", parts("a", "b", "file:photo", "x", "_method", "PUT"))
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"\r\n\r\n")
	f.Fuzz(func(t *testing.T, kind, body string) {
		in, err := Read(httptest.NewRecorder(), post(kind, body), Limits{File: map[string]int64{"photo": 8}})
		if err != nil {
			if in != nil {
				t.Error("an input beside an error")
			}
			return
		}
		for name := range in.values {
			_, _, _ = in.Text(name), in.Flag(name), in.List(name)
			_ = in.Texts(words.Speaker{}, name)
		}
		for _, file := range in.files {
			if len(file.Data) > 8 && !file.Large || len(file.Data) > 512 {
				t.Errorf("a file of %d bytes", len(file.Data))
			}
		}
		switch in.Method() {
		case "POST", "PUT", "PATCH", "DELETE":
		default:
			t.Errorf("a POST became %s", in.Method())
		}
	})
}

//go:build unix

// Class 11, what people give is served as a page: CVE-2024-29891 (Zitadel: the type of an avatar was the uploader's),
// CVE-2022-46181 (Gotify: pages as images), CVE-2024-41953 (Zitadel: names in the HTML of mails).
//
// Here photos are decoded and encoded anew, and served as image/jpeg with nosniff and a policy that lets nothing run; mails say
// nothing that a stranger typed; pages carry values as escaped JSON. Parts: account/photo TestNothingSurvives, TestRefused,
// TestBombCostsNothing, FuzzMake, FuzzAvatar, account/signin/mails TestEveryMail.

package attack

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
)

const script = `"><img src=x onerror=alert(1)></script><script>alert(1)</script>`

// upload sends a photo as Jetstream's form does.
func (b *browser) upload(name, kind string, data []byte) reply {
	t := b.h.t
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field, value := range map[string]string{"_method": "PUT", "name": "Kim", "email": "kim@example.com"} {
		if err := w.WriteField(field, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="photo"; filename=%q`, name)}, "Content-Type": {kind}})
	if err == nil {
		_, err = part.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := b.request(http.MethodPost, "/user/profile-information", nil)
	r2, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL.String(), &body)
	if err != nil {
		t.Fatal(err)
	}
	r2.Host, r2.Header = r.Host, r.Header
	r2.Header.Set("Content-Type", w.FormDataContentType())
	return b.do(r2)
}

// picture is a small PNG with something behind it.
func picture(t *testing.T, behind string) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	img.Set(1, 1, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), behind...)
}

// TestPhotosArePhotos uploads pages, drawings with scripts, and pictures that are pages too.
func TestPhotosArePhotos(t *testing.T) {
	h := open(t, "")
	b := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	for name, data := range map[string][]byte{
		"x.svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "x.html": []byte("<script>alert(1)</script>"),
		"x.gif": []byte("GIF89a/*<script>*/=1;alert(1)"), "x.png": []byte("\x89PNG\r\n\x1a\n<script>alert(1)</script>"), "x.jpg": []byte("\xff\xd8\xff<script>"), "empty.png": {},
		"../../x.png": bytes.Repeat([]byte{0}, 2<<20),
	} {
		if a := b.upload(name, "image/png", data); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if p := h.find("members", "kim@example.com"); p.Photo != "" {
		t.Errorf("a photo was kept: %s", p.Photo)
	}
	if a := b.upload("../../evil.html", "text/html", picture(t, script)); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	p := h.find("members", "kim@example.com")
	if !strings.HasPrefix(p.Photo, "profile-photos/") || !strings.HasSuffix(p.Photo, ".jpg") || strings.Contains(p.Photo, "evil") {
		t.Errorf("kept as %q", p.Photo)
	}
	a := h.browse("barun.test", "192.0.2.2").ask(http.MethodGet, "/storage/"+p.Photo, nil)
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "image/jpeg" || a.header.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(a.header.Get("Content-Security-Policy"), "default-src 'none'") || strings.Contains(a.body, "script") {
		t.Errorf("%d %v", a.status, a.header)
	}
	for _, path := range []string{"/storage/profile-photos/../../madang.db", "/storage/profile-photos/..%2f..%2fmadang.db", "/storage/madang.db", "/storage/", "/storage/profile-photos/", "/storage/profile-photos/%00.jpg"} {
		if a := b.ask(http.MethodGet, path, nil); a.status == http.StatusOK {
			t.Errorf("%s: %d %.80s", path, a.status, a.body)
		}
	}
}

// TestNamesAreText gives names and addresses that are pages, and looks at what comes back in pages, pictures and mails.
func TestNamesAreText(t *testing.T) {
	h := open(t, "")
	b := h.browse("barun.test", "192.0.2.1")
	h.secret(password)
	b.must(http.StatusCreated, http.MethodPost, "/register", values{"name": script, "email": "kim@example.com", "password": password, "password_confirmation": password, "terms": true})
	b.must(http.StatusNoContent, http.MethodGet, h.verifyPath("kim@example.com", 1), nil)
	for _, path := range []string{"/user/profile", "/user/api-tokens", "/", "/avatars?initials=%3Cscript%3E%3C%2Fscript%3E", "/reset-password/" + "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E?email=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"} {
		m := b.clone()
		if strings.HasPrefix(path, "/reset") {
			m.cookies = map[string]string{}
		}
		m.header = http.Header{"Accept": {"text/html"}}
		a := m.ask(http.MethodGet, path, nil)
		if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "<img src=x") || strings.Contains(a.body, "</script><script>") {
			t.Errorf("%s has a script of a stranger's in it: %s", path, a.body)
		}
		if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && !strings.Contains(a.header.Get("Content-Security-Policy"), "script-src") &&
			!strings.Contains(a.header.Get("Content-Security-Policy"), "default-src") {
			t.Errorf("%s: a page without a policy: %v", path, a.header)
		}
	}
	for _, l := range h.mails.to("kim@example.com") {
		if strings.Contains(l.raw, "alert(1)") || strings.Contains(l.raw, "onerror") {
			t.Errorf("a mail says what a stranger typed: %s", l.raw)
		}
	}
}

package oracle_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"madang/account/laravel"
)

// An asked is a request that Laravel is asked about; form or json is its body.
type asked struct {
	Headers map[string]string `json:"headers"`
	Form    string            `json:"form"`
	JSON    string            `json:"json"`
}

// An understood is what Laravel makes of it. Texts are in base64.
type understood struct {
	Wants, Expects bool
	Text, Password string
	Flag           bool
}

// TestRequests has Laravel and package laravel read the same requests, made by chance.
func TestRequests(t *testing.T) {
	base := serve(t)
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(request), 50, 50).Draw(t, "requests")
		for i, want := range understand(t, base, all) {
			if got := read(t, all[i]); got != want {
				t.Errorf("%+v\nis understood as %+v\nand not as      %+v", all[i], got, want)
			}
		}
	})
}

// request makes one.
func request(t *rapid.T) asked {
	kinds := []string{
		"application/json", "text/json", "application/vnd.api+json", "Application/XHTML+XML", "*/*", "*", "text/html", "text/plain", "application/*", "image/png", "", "json",
		"application/x+json+y", "x/jsonp", "TEXT/JSON2",
	}
	parameter := rapid.SampledFrom([]string{"", "", "", ";q=0.5", ";q=1", "; q=0.9", ";q=0", ";q=1.0", ";charset=utf-8", ";q=0.5;charset=utf-8", ";v=1;q=0.7"})
	// Each type comes once: nobody names one twice, and what Laravel makes of it is an accident.
	accept := rapid.Permutation(kinds).Draw(t, "types")[:rapid.IntRange(0, 5).Draw(t, "how many")]
	for i := range accept {
		if accept[i] != "" { // a parameter of nothing is nobody's
			accept[i] += parameter.Draw(t, "parameter")
		}
	}
	headers := map[string]string{}
	if len(accept) > 0 {
		headers["Accept"] = strings.Join(accept, rapid.SampledFrom([]string{",", ", ", " , "}).Draw(t, "separator"))
	}
	if rapid.Bool().Draw(t, "by a script") {
		headers["X-Requested-With"] = rapid.SampledFrom([]string{"XMLHttpRequest", "xmlhttprequest", "com.example.app", ""}).Draw(t, "script")
	}
	if rapid.IntRange(0, 4).Draw(t, "pjax") == 0 {
		headers["X-PJAX"] = rapid.SampledFrom([]string{"true", "1"}).Draw(t, "pjax by")
	}
	text := rapid.OneOf(
		rapid.SampledFrom([]string{"", " ", "1", "0", "true", "TRUE", "false", "on", "Off", "yes", "no", " yes ", "2", "null", "1.0", "01", "\t on\n"}),
		rapid.StringMatching(`[ \ta-zA-Z0-9가-힣&=+%.]{0,8}`),
	)
	if rapid.Bool().Draw(t, "form") {
		return asked{Headers: headers, Form: url.Values{"a": {text.Draw(t, "a")}, "password": {text.Draw(t, "password")}}.Encode()}
	}
	value := rapid.OneOf(
		rapid.Map(text, func(s string) any { return s }),
		rapid.SampledFrom([]any{nil, true, false, 0, 1, 2, -1, 1.5, []any{}, []any{"1"}, map[string]any{}}),
	)
	body, err := json.Marshal(map[string]any{"a": value.Draw(t, "a"), "password": value.Draw(t, "password")})
	if err != nil {
		t.Fatal(err)
	}
	return asked{Headers: headers, JSON: string(body)}
}

// understand asks Laravel.
func understand(t *rapid.T, base string, all []asked) (answers []understood) {
	body, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(base+"/test/requests", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if err := json.NewDecoder(answer.Body).Decode(&answers); err != nil || len(answers) != len(all) {
		t.Fatalf("%s, %d answers of %d: %v", answer.Status, len(answers), len(all), err)
	}
	return answers
}

// read has package laravel read a request.
func read(t *rapid.T, a asked) understood {
	body, kind := a.Form, "application/x-www-form-urlencoded"
	if a.JSON != "" {
		body, kind = a.JSON, "application/json"
	}
	r := httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(body))
	for name, value := range a.Headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", kind)
	in, err := laravel.Read(httptest.NewRecorder(), r, laravel.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	code := base64.StdEncoding.EncodeToString
	return understood{
		Wants: laravel.WantsJSON(r), Expects: laravel.ExpectsJSON(r), Text: code([]byte(in.Text("a"))), Password: code([]byte(in.Text("password"))), Flag: in.Flag("a"),
	}
}

package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestDevices(t *testing.T) {
	fresh := func() *Pages {
		p, err := New(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := fresh()
	for at, name := range devicePages() {
		for _, url := range []string{at, name} {
			if r := get(t, p, url); r.StatusCode != http.StatusNotFound {
				t.Errorf("without devices %s answered %d", url, r.StatusCode)
			}
		}
	}
	if err := p.Devices(Devices{Mode: "home", Serial: `B-1"&`, Format: "digits-6", Guest: true}); err != nil {
		t.Fatal(err)
	}
	const told = `<meta name="madang-devices" content="format=digits-6&amp;guest=1&amp;mode=home&amp;serial=B-1%22%26">`
	for _, url := range []string{"/", "/index.html", "/home", "/screen", "/device", "/device?user_code=WDJB-MJHT"} {
		r := get(t, p, url)
		html, _ := io.ReadAll(r.Body)
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Security-Policy") != policy || !strings.Contains(string(html), told) {
			t.Errorf("%s answered %d, %v: %s", url, r.StatusCode, r.Header, html)
		}
		// The pages stand beside the chat page: what they are made of is below them all.
		everyAsset(t, p, strings.ReplaceAll(string(html), `"./`, `"/`))
	}
	if r := get(t, p, "/home.html"); r.StatusCode != http.StatusNotFound {
		t.Errorf("a page is at two addresses: %d", r.StatusCode)
	}
	w := httptest.NewRecorder()
	if p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/home", nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("a POST to a page answered %d", w.Code)
	}
	if html, _ := io.ReadAll(get(t, fresh(), "/").Body); !strings.Contains(string(html), noDevices) {
		t.Error("the embedded page was changed for others")
	}
}

func TestDevicesThatCannotBe(t *testing.T) {
	p, err := newPages(fstest.MapFS{"index.html": {Data: []byte(noDevices)}, "account.html": {Data: []byte("<!--inertia-->")}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Devices(Devices{Mode: "cloud"}); err == nil || !strings.Contains(err.Error(), "make ui") {
		t.Errorf("pages that were not built: %v", err)
	}
	if err := p.Devices(Devices{Mode: "moon"}); err == nil || !strings.Contains(err.Error(), "moon") {
		t.Errorf("a mode that there is not: %v", err)
	}
}

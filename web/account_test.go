package web

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"madang/account/laravel"
	"madang/account/words"
)

// embedded are the pages of the binary. Compressing them takes a while.
var embedded = sync.OnceValues(func() (*Pages, error) { return New(context.Background()) })

func built(t *testing.T) *Pages {
	t.Helper()
	p, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// everyAsset asks for whatever a page refers to, as a browser at any path would.
func everyAsset(t *testing.T, p http.Handler, html string) {
	t.Helper()
	n := 0
	for _, part := range strings.Split(html, `"/`)[1:] {
		path, _, _ := strings.Cut(part, `"`)
		if !strings.HasPrefix(path, "assets/") && path != "favicon.svg" {
			continue
		}
		n++
		w := httptest.NewRecorder()
		if p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/"+path, nil)); w.Code != http.StatusOK {
			t.Errorf("/%s answered %d", path, w.Code)
		}
	}
	if n < 2 {
		t.Errorf("the page refers to %d files of the root: %s", n, html)
	}
}

func TestAccountPage(t *testing.T) {
	p := built(t)
	var _ laravel.Pages = p
	type person struct{ Name string }
	for _, tt := range []struct {
		user             any
		status           int
		private, forgets bool
	}{
		{&person{"</script><b>"}, 0, true, false},
		{(*person)(nil), 0, false, true},
		{nil, http.StatusForbidden, false, false},
	} {
		w := httptest.NewRecorder()
		props := map[string]any{"user": tt.user, "flash": map[string]any{"token": "1|secret"}, "site": "admin"}
		p.Page(w, httptest.NewRequest(http.MethodGet, "/user/profile", nil), laravel.Page{Status: tt.status, Component: "Profile/Show", Props: props})
		html := w.Body.String()
		if h := w.Header(); w.Code != max(tt.status, 200) || h.Get("Content-Security-Policy") != accountPolicy || h.Get("Referrer-Policy") != "same-origin" ||
			h.Get("Cache-Control") != "no-store, private" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		_, block, _ := strings.Cut(html, `data-page="app">`)
		block, _, _ = strings.Cut(block, `</script>`)
		var got struct {
			Component                    string
			Props                        map[string]any
			Flash                        struct{ Token string }
			EncryptHistory, ClearHistory bool
		}
		if err := json.Unmarshal([]byte(block), &got); err != nil || got.Component != "Profile/Show" || got.Flash.Token != "1|secret" || got.Props["site"] != "admin" {
			t.Errorf("%v %s", err, block)
		}
		// The token must not get into the browser's history, and nobody else may read there what somebody saw.
		if _, there := got.Props["flash"]; there || got.EncryptHistory != tt.private || got.ClearHistory != tt.forgets {
			t.Errorf("%v: %+v", tt.user, got)
		}
		if len(props) != 3 {
			t.Errorf("the props were changed: %v", props)
		}
		everyAsset(t, p, html)
	}
}

func TestAccountPageKeepsHeaders(t *testing.T) {
	w := httptest.NewRecorder()
	w.Header().Set("Set-Cookie", "a=b")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "private")
	built(t).Page(w, httptest.NewRequest(http.MethodGet, "/", nil), laravel.Page{Component: "Error"})
	if h := w.Header(); h.Get("Set-Cookie") != "a=b" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "private" {
		t.Errorf("%v", h)
	}
	w = httptest.NewRecorder()
	built(t).Page(w, httptest.NewRequest(http.MethodGet, "/", nil), laravel.Page{Component: "X", Props: map[string]any{"a": math.NaN()}})
	if w.Code != http.StatusInternalServerError {
		t.Errorf("props that are no JSON: %d", w.Code)
	}
}

func TestDownload(t *testing.T) {
	d := Download{
		Product: "마당 <1>", About: map[words.Language]string{words.Korean: "모두의 문", words.English: "Every door"}, Language: words.Korean,
		Links: []Link{{"App Store", "https://apps.example.com/a?b=1&c=2"}},
	}
	h, err := built(t).Download(d)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(path string, header ...string) (*http.Response, string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		b, _ := io.ReadAll(w.Body)
		return w.Result(), string(b)
	}
	r, html := ask("/")
	if r.Header.Get("Content-Security-Policy") != policy || !strings.Contains(strings.Join(r.Header.Values("Vary"), ","), "Accept-Language") {
		t.Errorf("%v", r.Header)
	}
	for _, want := range []string{`lang="ko"`, "마당 &lt;1&gt;", "모두의 문", "앱 내려받기", `href="https://apps.example.com/a?b=1&amp;c=2"`} {
		if !strings.Contains(html, want) {
			t.Errorf("%s is not in %s", want, html)
		}
	}
	if strings.Contains(html, "<script") || strings.Contains(html, "{{") {
		t.Errorf("%s", html)
	}
	everyAsset(t, h, html)
	if _, html := ask("/", "Accept-Language", "en-GB,en;q=0.9"); !strings.Contains(html, `lang="en"`) || !strings.Contains(html, "Every door") || !strings.Contains(html, "Get the app") {
		t.Errorf("%s", html)
	}
	// Nobody signs in here, and the chat page is elsewhere.
	for _, path := range []string{"/index.html", "/login", "/account.html"} {
		if r, _ := ask(path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s answered %d", path, r.StatusCode)
		}
	}
}

func TestDownloadsThatCannotBe(t *testing.T) {
	for _, d := range []Download{
		{},
		{Product: "x", Links: make([]Link, maxLinks+1)},
		{Product: "x", Links: []Link{{"App Store", "http://apps.example.com"}}},
		{Product: "x", Links: []Link{{"App Store", "javascript:alert(1)"}}},
		{Product: "x", Links: []Link{{"", "https://apps.example.com"}}},
	} {
		if _, err := built(t).Download(d); err == nil {
			t.Errorf("%+v has a page", d)
		}
	}
	h, err := built(t).Download(Download{Product: "x"})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil)); strings.Contains(w.Body.String(), "<nav") || strings.Contains(w.Body.String(), `class="about"`) {
		t.Errorf("what is not there is shown: %s", w.Body)
	}
}

func TestMailsPage(t *testing.T) {
	p := built(t)
	w := httptest.NewRecorder()
	p.Mails().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/dev/mail", nil))
	if w.Code != http.StatusOK || !strings.HasSuffix(w.Header().Get("Content-Security-Policy"), "frame-src 'self'") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	everyAsset(t, p, w.Body.String())
}

package photo_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"madang"
	"madang/account/photo"
	"madang/blob"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// serve asks an album's routes.
func serve(a *photo.Album, method, path string, header ...string) *http.Response {
	mux := http.NewServeMux()
	for pattern, h := range a.Routes() {
		mux.Handle(pattern, h)
	}
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w.Result()
}

// A photo is there until another takes its place, and gone then.
func TestAlbum(t *testing.T) {
	var store blob.Memory
	a := photo.New(&store, quiet())
	upload := asPNG(t, colored(300, 300))
	key := ""
	save := func(k string) error { key = k; return nil }
	ok(t, a.Replace(t.Context(), "", upload, save))
	first := key
	if len(first) < 40 || photo.URL(first) != "/storage/"+first {
		t.Fatalf("the key is %q, its URL %q", first, photo.URL(first))
	}
	res := serve(a, "GET", photo.URL(first))
	body, err := io.ReadAll(res.Body)
	ok(t, err)
	isPhoto(t, body)
	for name, want := range map[string]string{
		"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "Cache-Control": "public, max-age=86400, immutable",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if again := serve(a, "GET", photo.URL(first), "If-None-Match", res.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %d", again.StatusCode)
	}
	if head := serve(a, "HEAD", photo.URL(first)); head.StatusCode != http.StatusOK || head.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("HEAD: %d", head.StatusCode)
	}
	ok(t, a.Replace(t.Context(), first, upload, save))
	if key == first || store.Len() != 1 {
		t.Errorf("the same upload again has the key %s; %d photos", key, store.Len())
	}
	if res := serve(a, "GET", photo.URL(first)); res.StatusCode != http.StatusNotFound || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the old one: %d", res.StatusCode)
	}
	no := errors.New("somebody else was first")
	if err := a.Replace(t.Context(), key, upload, func(string) error { return no }); !errors.Is(err, no) || store.Len() != 1 {
		t.Errorf("not saved: %v, %d photos", err, store.Len())
	}
	if err := a.Replace(t.Context(), key, []byte("<svg/>"), save); !errors.Is(err, photo.ErrFormat) || store.Len() != 1 {
		t.Errorf("no photo: %v, %d photos", err, store.Len())
	}
	if err := a.Remove(t.Context(), key, func() error { return no }); !errors.Is(err, no) || store.Len() != 1 {
		t.Errorf("not saved that it is gone: %v, %d photos", err, store.Len())
	}
	ok(t, a.Remove(t.Context(), key, func() error { return nil }))
	if store.Len() != 0 {
		t.Errorf("%d photos after the last one was removed", store.Len())
	}
}

// What others keep in the same store is neither served nor removed.
func TestOthersObjects(t *testing.T) {
	var store blob.Memory
	a := photo.New(&store, quiet())
	keys := map[string]string{
		"secrets/key.jpg": "image/jpeg", "profile-photos/page.jpg": "text/html", "profile-photos/page.html": "text/html", "profile-photos/a/b.jpg": "image/jpeg",
	}
	for key, kind := range keys {
		ok(t, store.Put(t.Context(), key, blob.Object{Type: kind, Data: []byte("x")}))
		if res := serve(a, "GET", "/storage/"+key); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s is served: %d", key, res.StatusCode)
		}
	}
	for _, path := range []string{
		"/storage/profile-photos/..%2f..%2fsecrets%2fkey.jpg", "/storage/profile-photos/%2e%2e", "/storage/profile-photos/", "/storage/secrets/key.jpg",
		"/storage/profile-photos/" + strings.Repeat("x", 5000) + ".jpg", "/storage/profile-photos/a%00.jpg",
	} {
		if res := serve(a, "GET", path); res.StatusCode == http.StatusOK {
			t.Errorf("%s is served", path)
		}
	}
	for _, key := range []string{"", "secrets/key.jpg", "profile-photos/a/b.jpg", "profile-photos/page.html", "../x", "https://example.com/x.jpg"} {
		ok(t, a.Remove(t.Context(), key, func() error { return nil }))
		if photo.URL(key) != "" {
			t.Errorf("the URL of %q is %q", key, photo.URL(key))
		}
	}
	if store.Len() != len(keys) {
		t.Errorf("%d objects are left of %d", store.Len(), len(keys))
	}
}

// A held store cannot give anything back.
type held struct {
	blob.Memory
	fail error
}

func (h *held) Get(ctx context.Context, key string) (blob.Object, error) {
	if h.fail != nil {
		return blob.Object{}, h.fail
	}
	return h.Memory.Get(ctx, key)
}

func TestStoreFails(t *testing.T) {
	a := photo.New(&held{fail: errors.New("the disk is gone")}, quiet())
	res := serve(a, "GET", "/storage/profile-photos/a.jpg")
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusInternalServerError || strings.Contains(string(body), "disk") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

// However many photos are uploaded at once, one is made at a time, some wait, and the others are told to try again.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store blob.Memory
		a := photo.New(&store, quiet())
		free := a.Occupy()
		upload := asPNG(t, colored(10, 10))
		ctx, cancel := context.WithCancel(t.Context())
		results := make(chan error, 40)
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() { results <- a.Replace(ctx, "", upload, func(string) error { return nil }) })
		}
		synctest.Wait()
		if n := len(results); n != 23 { // 17 wait: 1 for the turn that is taken past the count
			t.Errorf("%d of 40 were refused at once, want 23", n)
		}
		for range len(results) {
			if err := <-results; !errors.Is(err, photo.ErrBusy) || !errors.Is(err, madang.ErrTooMany) {
				t.Errorf("refused by %v", err)
			}
		}
		cancel()
		wg.Wait()
		for range len(results) {
			if err := <-results; !errors.Is(err, context.Canceled) {
				t.Errorf("who has gone: %v", err)
			}
		}
		free()
		ok(t, a.Replace(t.Context(), "", upload, func(string) error { return nil }))
	})
}

func TestRead(t *testing.T) {
	b, err := photo.Read(bytes.NewReader(make([]byte, photo.MaxUpload)))
	if err != nil || len(b) != photo.MaxUpload {
		t.Errorf("1024 kilobytes: %d, %v", len(b), err)
	}
	if _, err := photo.Read(bytes.NewReader(make([]byte, photo.MaxUpload+1))); !errors.Is(err, photo.ErrTooLarge) {
		t.Errorf("a byte more: %v", err)
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"Kim Minji": "KM", "kim": "K", "김민지": "민지", "김민": "김민", "김": "김", "김 민지": "김민", "남궁민수": "민수", "Jean-Luc de la Tour": "JT", "émile zola": "ÉZ",
		"": "?", "   ": "?", "🎈 🎈": "?", "🎈 kim": "K", "<script> alert": "SA", `"><svg onload=alert(1)>`: "SO", "\u202ekim": "K", "7eleven": "7",
		"\u1100\u1175\u11b7\u1106\u1175\u11ab\u110c\u1175": "민지", "e\u0301mile": "É", "\xff\xfe": "?", "山田太郎": "山",
	} {
		if got := photo.Initials(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestAvatars(t *testing.T) {
	var store blob.Memory
	a := photo.New(&store, quiet())
	for path, want := range map[string]string{
		photo.AvatarURL("김민지"): ">민지<", photo.AvatarURL("Kim Minji"): ">KM<", photo.AvatarURL(""): ">?<", "/avatars": ">?<",
		"/avatars?initials=%3Cscript%3Ealert(1)%3C/script%3E": ">sc<", "/avatars?initials=" + strings.Repeat("%ED%95%9C", 5000): ">한한<",
	} {
		res := serve(a, "GET", path)
		body, err := io.ReadAll(res.Body)
		ok(t, err)
		if res.StatusCode != http.StatusOK || !strings.Contains(string(body), want) || strings.Contains(string(body), "script") {
			t.Errorf("%.60s: %d %s", path, res.StatusCode, body)
		}
		if res.Header.Get("Content-Type") != "image/svg+xml; charset=utf-8" || res.Header.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%.60s: %v", path, res.Header)
		}
	}
}

// Whatever somebody is called, their avatar is a well-formed document of three elements, with at most two characters.
func FuzzAvatar(f *testing.F) {
	for _, s := range []string{"김민지", "<svg onload=alert(1)>", "]]>", "&amp;", "\x00", "a\u0301", "\u1112\u1161\u11ab", strings.Repeat("한", 200), "ﷺ", "İi"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		d := xml.NewDecoder(bytes.NewReader(photo.Avatar(name)))
		elements := 0
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v", name, err)
			}
			switch x := token.(type) {
			case xml.StartElement:
				elements++
			case xml.CharData:
				if n := utf8.RuneCount(x); n < 1 || n > 2 {
					t.Fatalf("%q: the text is %q", name, x)
				}
			}
		}
		if elements != 3 {
			t.Fatalf("%q: %d elements", name, elements)
		}
	})
}

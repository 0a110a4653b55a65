package develop_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"madang/mail"
	"madang/mail/develop"
)

// get asks for a path as a browser on the same machine does.
func get(t *testing.T, m *develop.Mailbox, path string, change func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	for pattern, h := range m.Routes() {
		mux.Handle(pattern, h)
	}
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+path, nil)
	r.RemoteAddr = "127.0.0.1:5000"
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

func mailbox(t *testing.T) *develop.Mailbox {
	t.Helper()
	box := new(mail.Box)
	for _, x := range []mail.Message{
		{To: mail.Address{Name: "하늘", Address: "haneul@example.com"}, Subject: "first", Text: "only text"},
		{To: mail.Address{Address: "bada@example.com"}, Subject: "<b>둘째", Text: "see https://example.com/x", HTML: `<!doctype html><script>alert(1)</script><a href="https://example.com/x">go</a>`},
	} {
		if err := box.Send(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	return develop.New(box, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("the page")) }))
}

func TestList(t *testing.T) {
	var got struct {
		Mails []struct {
			ID            int64
			To            struct{ Name, Address string }
			Subject, Text string
			HTML          bool
		}
	}
	w := get(t, mailbox(t), "/dev/mail.json", nil)
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%v %v %s", err, w.Header(), w.Body)
	}
	if len(got.Mails) != 2 || got.Mails[0].Subject != "<b>둘째" || !got.Mails[0].HTML || got.Mails[1].HTML || got.Mails[1].To.Name != "하늘" ||
		got.Mails[0].ID <= got.Mails[1].ID {
		t.Errorf("%+v", got)
	}
	if w := get(t, develop.New(new(mail.Box), http.NotFoundHandler()), "/dev/mail.json", nil); strings.TrimSpace(w.Body.String()) != `{"mails":[]}` {
		t.Errorf("an empty box is %s", w.Body)
	}
}

func TestHTML(t *testing.T) {
	m := mailbox(t)
	w := get(t, m, "/dev/mail/2", nil)
	policy := w.Header().Get("Content-Security-Policy")
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `<!doctype html><base target="_blank">`) || !strings.Contains(w.Body.String(), "go</a>") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	// The mail's own script stays in it, so the policy must not let it run.
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox ") || strings.Contains(policy, "script") ||
		strings.Contains(policy, "allow-same-origin") {
		t.Errorf("policy %q", policy)
	}
	for _, path := range []string{"/dev/mail/1", "/dev/mail/3", "/dev/mail/x", "/dev/mail/02"} {
		if w := get(t, m, path, nil); w.Code != http.StatusNotFound {
			t.Errorf("%s answered %d", path, w.Code)
		}
	}
}

func TestThisMachineAlone(t *testing.T) {
	m := mailbox(t)
	if w := get(t, m, "/dev/mail", nil); w.Body.String() != "the page" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, path := range []string{"/dev/mail", "/dev/mail.json", "/dev/mail/2"} {
		if w := get(t, m, path, func(r *http.Request) { r.RemoteAddr = "192.0.2.7:5000" }); w.Code != http.StatusForbidden ||
			strings.Contains(w.Body.String(), "go</a>") {
			t.Errorf("%s answered another machine %d %s", path, w.Code, w.Body)
		}
	}
}

package webhook

import (
	"net/http"
	"strings"
	"testing"
)

func TestForward(t *testing.T) {
	in := map[string][]string{
		"Authorization": {"Bearer x"}, "X-Csrf-Token": {"t"}, "Cookie": {"a=1", "b=2"}, "Referer": {"https://a.test/"}, "Accept-Language": {"ko"},
		"X_api_key": {"k"}, "X-Tenant": {"ok", "bad\r\nHost: evil"},
	}
	for _, gone := range []string{
		"Connection", "X-Mine", "Host", "Content-Length", "Content-Type", "Content-Encoding", "Accept-Encoding", "Forwarded",
		"X-Forwarded-For", "X-Forwarded-Host", "X_Forwarded_For", "x-forwarded-proto", "X-Real-Ip", "Proxy", "Proxy-Authorization",
		"Sec-Websocket-Key", "Sec-Fetch-Site", "Upgrade", "Te", "Trailer", "Transfer-Encoding", "Keep-Alive", "Expect", "Range", "If-None-Match",
		"X-Http-Method-Override", "X_HTTP_METHOD_OVERRIDE", "X-Original-Url", "Client-Ip",
		"Remote-User", "REMOTE_USER", "X-Remote-User", "X-Auth-Request-Email", "X-Authenticated-Userid", "X-Client-Cert", "X_SSL_Client_Verify",
		"X-Amzn-Oidc-Identity", "X-Ms-Client-Principal", "X-Goog-Authenticated-User-Email", "Front-End-Https",
		"", "Bad Name", "Bad:Name", "X-한",
	} {
		in[gone] = []string{"x"}
	}
	in["Connection"] = []string{"Upgrade, x-mine"}
	h, ok := Forward(in)
	if !ok {
		t.Error("too large")
	}
	want := http.Header{
		"Authorization": {"Bearer x"}, "X-Csrf-Token": {"t"}, "Cookie": {"a=1; b=2"}, "Referer": {"https://a.test/"},
		"Accept-Language": {"ko"}, "X_api_key": {"k"}, "X-Tenant": {"ok"},
	}
	for k := range want {
		if strings.Join(h[k], "|") != strings.Join(want[k], "|") {
			t.Errorf("%s: %q", k, h[k])
		}
	}
	if len(h) != len(want) {
		t.Errorf("%d headers of %d: %v", len(h), len(want), h)
	}
	if _, ok := Forward(map[string][]string{"X-A": {strings.Repeat("a", maxHeaders)}}); ok {
		t.Error("no bound")
	}
}

// What is forwarded can be sent, and tells nothing of the connection.
func FuzzForward(f *testing.F) {
	f.Add("X_Forwarded-For", "1.2.3.4", "close")
	f.Add("connection", "x-a", "x-a")
	f.Add("X-Tenant", "a\x00b", "X-Tenant")
	f.Fuzz(func(t *testing.T, name, value, connection string) {
		h, _ := Forward(map[string][]string{name: {value}, "Connection": {connection}})
		r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:1/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = h
		var b strings.Builder
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		most := 5 // request line, Host, User-Agent, Content-Length, the end
		for _, values := range h {
			most += len(values)
		}
		if strings.Count(b.String(), "\r\n") > most {
			t.Fatalf("more than one header: %q", b.String())
		}
		for k := range h {
			flat := strings.ToLower(strings.ReplaceAll(k, "_", "-"))
			if strings.HasPrefix(flat, "x-forwarded") || flat == "host" || flat == "connection" || strings.HasPrefix(flat, "content-") {
				t.Fatalf("%q came through", k)
			}
		}
	})
}

package rest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"madang/dialect/ably/protocol"
)

// play answers one request and checks what clients rely on whatever was asked: a body of the announced form and, of errors,
// three members and two headers, and no code that makes a client ask again for ever.
func (w *world) play(t *testing.T, r *http.Request) {
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(rootKey)))
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, r)
	if rec.Code/100 == 3 || rec.Header().Get("Content-Type") == "text/plain" { // the mux cleans paths
		return
	}
	body := rec.Body.Bytes()
	if rec.Header().Get("Content-Type") == "application/x-msgpack" {
		var err error
		if body, err = protocol.ToJSON(body); err != nil {
			t.Fatalf("%x: %v", rec.Body.Bytes(), err)
		}
	}
	if !json.Valid(body) {
		t.Fatalf("not JSON: %q", body)
	}
	x := &response{TB: t, status: rec.Code, header: rec.Header(), body: body}
	x.links()
	if rec.Code < 400 {
		return
	}
	code, err := strconv.Atoi(rec.Header().Get("X-Ably-Errorcode"))
	if err != nil || rec.Code >= 500 || code >= 40140 && code < 40150 {
		t.Fatalf("%d: %s", rec.Code, body)
	}
	x.refused(code)
}

func FuzzBodies(f *testing.F) {
	w := build(f, nil)
	paths := []string{"/channels/c/messages", "/messages", "/keys/main.root/requestToken", "/keys/main.root/revokeTokens", "/channels/c/messages?enveloped=false"}
	w.fill("c", 1)
	all, _ := w.history("/channels/c/messages", request{key: rootKey})
	own := "/channels/c/messages/" + url.PathEscape(all[0].Serial)
	paths = append(paths, own+"/annotations", own)
	for i := range paths {
		f.Add(byte(i), false, []byte(`[{"name":"n","data":{"a":1},"id":"x:0","extras":{}}]`))
		f.Add(byte(i), false, []byte(`{"channels":["a"],"messages":{"data":"AA==","encoding":"base64"},"keyName":"main.root","targets":["clientId:a"]}`))
		f.Add(byte(i), false, []byte(`[{"action":1,"data":"x","version":{"clientId":"c","metadata":{"a":"b"}},"type":"a:multiple.v1","name":"n","count":2}]`))
		f.Add(byte(i), true, protocol.FromJSON(nil, []byte(`[{"channels":"a","messages":[{"data":1.5}]}]`)))
	}
	f.Fuzz(func(t *testing.T, path byte, msgpack bool, body []byte) {
		method, at := http.MethodPost, paths[int(path)%len(paths)]
		if at == own {
			method = http.MethodPatch
		}
		r := httptest.NewRequest(method, at, bytes.NewReader(body))
		if msgpack {
			r.Header.Set("Content-Type", "application/x-msgpack")
			r.Header.Set("Accept", "application/x-msgpack")
		}
		w.play(t, r)
	})
}

func FuzzQueries(f *testing.F) {
	w := build(f, nil)
	w.fill("c", 3)
	paths := []string{"/channels/c/messages", "/channels/c/presence", "/channels/c/presence/history", "/channels", "/presence", "/channels/c"}
	for i := range paths {
		for _, q := range []string{"limit=1&direction=forwards", "cursor=11@x&from_serial=21@x", "channels=a,b&by=id&prefix=c", "envelope=json&start=1&end=2", "x=a%2Cb&y=%3E%3B&limit=2"} {
			f.Add(byte(i), q)
		}
	}
	f.Fuzz(func(t *testing.T, path byte, query string) {
		if _, err := url.ParseRequestURI("/?" + query); err != nil {
			return
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path, r.URL.RawQuery = paths[int(path)%len(paths)], query
		w.play(t, r)
	})
}

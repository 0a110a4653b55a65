package forward

import (
	"bytes"
	"net/http"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// What is written is read as it was.
func TestFrames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, data := rapid.String(), rapid.SliceOf(rapid.Byte())
		header := rapid.MapOf(text, rapid.SliceOfN(text, 1, 3))
		q := request{
			text.Draw(t, "method"), text.Draw(t, "target"), text.Draw(t, "host"), text.Draw(t, "remote"), rapid.Bool().Draw(t, "secure"),
			rapid.Int64().Draw(t, "size"), http.Header(header.Draw(t, "header")), http.Header(header.Draw(t, "answer")),
		}
		if got, err := parseRequest(q.append(nil)); err != nil || !reflect.DeepEqual(got, q) {
			t.Fatalf("%+v, %v, want %+v", got, err, q)
		}
		h := head{rapid.IntRange(100, 999).Draw(t, "status"), http.Header(header.Draw(t, "header"))}
		if got, err := parseHead(h.bytes()); err != nil || !reflect.DeepEqual(got, h) {
			t.Fatalf("%+v, %v, want %+v", got, err, h)
		}
		var all []frame
		l := letter{from: "12345", epoch: rapid.Uint64().Draw(t, "epoch"), number: rapid.Uint64().Draw(t, "number")}
		for range rapid.IntRange(0, 5).Draw(t, "frames") {
			f := frame{op(rapid.IntRange(1, 127).Draw(t, "op")), rapid.Bool().Draw(t, "asked"), rapid.Uint64().Draw(t, "stream"), data.Draw(t, "data")}
			all, l.frames = append(all, f), f.append(l.frames)
		}
		got, err := parseLetter(l.append(nil))
		if err != nil || got.from != l.from || got.epoch != l.epoch || got.number != l.number {
			t.Fatalf("%+v, %v, want %+v", got, err, l)
		}
		for _, want := range all {
			var f frame
			f, got.frames, err = next(got.frames)
			if err != nil || f.op != want.op || f.asked != want.asked || f.stream != want.stream || !bytes.Equal(f.data, want.data) {
				t.Fatalf("%+v, %v, want %+v", f, err, want)
			}
		}
		if len(got.frames) > 0 {
			t.Fatalf("%d bytes are left", len(got.frames))
		}
	})
}

// Whatever comes, reading it ends, and gives no more than came.
func FuzzLetter(f *testing.F) {
	q := request{method: "GET", target: "/x?sid=1.y", host: "h", remote: "192.0.2.1:1", size: -1, header: http.Header{"A": {"b", "c"}}}
	h := head{200, http.Header{"Content-Type": {"text/plain"}}}
	for _, x := range []frame{{opAsk, true, 1, q.append(nil)}, {opHead, false, 1, h.bytes()}, {opData, false, 1, []byte("x")}, {opEnd, true, 2, nil}} {
		l := letter{"12345", 7, 1, x.append(nil)}
		f.Add(l.append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := parseLetter(b)
		if err != nil {
			return
		}
		size := 0
		for rest := l.frames; len(rest) > 0; {
			var x frame
			if x, rest, err = next(rest); err != nil {
				return
			}
			if size += len(x.data); size > len(b) {
				t.Fatalf("%d bytes out of %d", size, len(b))
			}
			if q, err := parseRequest(x.data); err == nil && len(q.target) > len(x.data) {
				t.Fatal("a request that is longer than its frame")
			}
			if h, err := parseHead(x.data); err == nil && (h.status != 0 && h.status < 100 || h.status > 999) {
				t.Fatalf("status %d", h.status)
			}
		}
	})
}

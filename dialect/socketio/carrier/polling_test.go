package carrier_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"madang"
	"madang/dialect/socketio/carrier"
	"madang/dialect/socketio/internal/siotest"
)

func TestTwoPollsAtOnceEndTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, nil)
		p := s.Poll(t, at, nil)
		first := p.GetLater(t.Context())
		synctest.Wait()
		want(t, "the second", p.Get(t).Status, 400)
		want(t, "the first", (<-first).Body, "1")
		p.Gone(t)
		want(t, "the reason", s.reason(t), madang.CloseProtocol)
	})
}

func TestAnAbortedPollEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, nil)
		p := s.Poll(t, at, nil)
		ctx, abort := context.WithCancel(t.Context())
		p.GetLater(ctx)
		synctest.Wait()
		abort()
		synctest.Wait()
		p.Gone(t)
		want(t, "the reason", s.reason(t), madang.CloseGone)
	})
}

// slow is a body that comes when it may.
type slow struct {
	io.Reader
	may chan struct{}
}

func (b slow) Read(p []byte) (int, error) {
	<-b.may
	return b.Reader.Read(p)
}

func TestTwoPostsAtOnceEndTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, nil)
		p := s.Poll(t, at, nil)
		body := slow{strings.NewReader("4x"), make(chan struct{})}
		posted := make(chan struct{})
		go func() {
			defer close(posted)
			r := siotest.Request(t.Context(), http.MethodPost, p.Target(), "", nil)
			r.Body, r.ContentLength = io.NopCloser(body), -1
			s.Do(t, r)
		}()
		synctest.Wait()
		want(t, "the second", p.Post(t, "4y").Status, 400)
		close(body.may)
		<-posted
		p.Gone(t)
		want(t, "the reason", s.reason(t), madang.CloseProtocol)
	})
}

func TestABodyThatIsTooLargeIsRefusedAndTheSessionStays(t *testing.T) {
	s := start(t, func(c *carrier.Config) { c.MaxPayload = 100 })
	p := s.Poll(t, at, nil)
	want(t, "at the limit", p.Post(t, "4"+strings.Repeat("a", 99)).Status, 200)
	p.Packets(t)
	want(t, "over it", p.Post(t, "4"+strings.Repeat("b", 100)).Status, 413)
	r := siotest.Request(t.Context(), http.MethodPost, p.Target(), "", nil)
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader("4"+strings.Repeat("c", 100_000))), -1
	want(t, "over it, in chunks", s.Do(t, r).Status, 413)
	want(t, "then", p.Post(t, "4still").Status, 200)
	want(t, "the echo", strings.Join(p.Packets(t), " "), "4still")
}

func TestAMessageThatIsTooLargeEndsTheWebSocket(t *testing.T) {
	s := start(t, func(c *carrier.Config) { c.MaxPayload = 100 })
	c := s.Session(t, at, nil)
	c.Send("4first", "4"+strings.Repeat("a", 100))
	want(t, "before", c.Next(t), "4first")
	if err := c.Ended(t); !strings.Contains(err.Error(), "1009") {
		t.Fatal(err)
	}
}

func TestNonsenseEndsTheSession(t *testing.T) {
	for _, body := range []string{"", "x", "4ok\x1e", "b!", "9"} {
		s := start(t, nil)
		p := s.Poll(t, at, nil)
		want(t, body, p.Post(t, body).Status, 400)
		p.Gone(t)
	}
	s := start(t, nil)
	p := s.Poll(t, at, nil)
	p.Header = header("Content-Type", "application/octet-stream")
	want(t, "a binary body", p.Post(t, "4x").Status, 400)
	p.Gone(t)
}

func TestAnswersAreCompressedForWhoCanTakeIt(t *testing.T) {
	for _, on := range []bool{true, false} {
		s := start(t, func(c *carrier.Config) { c.HTTPCompression = on })
		p := s.Poll(t, at, header("Accept-Encoding", "br, gzip"))
		p.Post(t, "4short")
		want(t, "a short one", p.Get(t).Header.Get("Content-Encoding"), "")
		long := "4" + strings.Repeat("마당", 1000)
		p.Post(t, long)
		a := p.Get(t)
		if !on {
			want(t, "switched off", a.Body, long)
			continue
		}
		want(t, "a long one", a.Header.Get("Content-Encoding"), "gzip")
		z, err := gzip.NewReader(bytes.NewReader([]byte(a.Body)))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		if err != nil || string(plain) != long {
			t.Fatalf("%d bytes, %v", len(plain), err)
		}
	}
}

func TestRevision3SpeaksOfBytesAsTheClientCan(t *testing.T) {
	s := start(t, nil)
	p := s.Poll(t, "/socket.io/?EIO=3&b64=1", nil)
	p.Post(t, "10:b4AQIDBA==5:4€😀한")
	want(t, "in base64", p.Get(t).Body, "10:b4AQIDBA==5:4€😀한")

	p = s.Poll(t, "/socket.io/?EIO=3", nil)
	p.Post(t, "10:b4AQIDBA==2:4é")
	a := p.Get(t)
	want(t, "type", a.Header.Get("Content-Type"), "application/octet-stream")
	want(t, "in binary", a.Body, "\x01\x05\xff\x04\x01\x02\x03\x04\x00\x03\xff4é")
}

// In revision 3 the session's id is public, so a request must look like the session's in other ways too.
func TestTheIDIsNotEnoughInRevision3(t *testing.T) {
	s := start(t, nil)
	const browser = "Mozilla/5.0 (X11)"
	p := s.Poll(t, "/socket.io/?EIO=3&b64=1", header("User-Agent", browser))
	thief := *p
	for _, agent := range []string{"curl/8", "Mozilla/5.0 (Windows)", ""} {
		thief.Header = header("User-Agent", agent)
		want(t, "a thief's POST as "+agent, thief.Post(t, "2:4x").Status, 400)
		want(t, "a thief's GET as "+agent, thief.Get(t).Status, 400)
	}
	s.setRemote("198.51.100.7:1")
	want(t, "from elsewhere", p.Post(t, "2:4x").Status, 400)
	s.setRemote("192.0.2.1:2")
	want(t, "its own", p.Post(t, "2:4x").Status, 200)

	// Programs that are no browsers name themselves as they like, or not at all on a WebSocket.
	p = s.Poll(t, "/socket.io/?EIO=3&b64=1", header("User-Agent", "node-XMLHttpRequest"))
	c := s.Dial(t, "/socket.io/?EIO=3&sid="+p.SID, header("User-Agent", ""))
	c.Send("2probe")
	want(t, "the upgrade", c.Next(t), "3probe")
}

func TestRequestsThatAreNone(t *testing.T) {
	s := start(t, func(c *carrier.Config) { c.AllowEIO3 = false })
	p := s.Poll(t, at, nil)
	for _, c := range []struct {
		method, target, body string
	}{
		{"GET", "/socket.io/?EIO=4", `{"code":0,"message":"Transport unknown"}`},
		{"GET", "/socket.io/?EIO=4&transport=flash", `{"code":0,"message":"Transport unknown"}`},
		{"GET", "/socket.io/?EIO=4&transport=polling&sid=none", `{"code":1,"message":"Session ID unknown"}`},
		{"GET", "/socket.io/?EIO=4&transport=polling&sid=", `{"code":1,"message":"Session ID unknown"}`},
		{"POST", "/socket.io/?EIO=4&transport=polling", `{"code":2,"message":"Bad handshake method"}`},
		{"GET", "/socket.io/?EIO=4&transport=websocket", `{"code":3,"message":"Bad request"}`},
		{"PUT", p.Target(), `{"code":3,"message":"Bad request"}`},
		{"GET", "/socket.io/?EIO=3&transport=polling", `{"code":5,"message":"Unsupported protocol version"}`},
		{"GET", "/socket.io/?transport=polling", `{"code":5,"message":"Unsupported protocol version"}`},
	} {
		a := s.Do(t, siotest.Request(t.Context(), c.method, c.target, "", nil))
		want(t, c.method+" "+c.target, a.Body, c.body)
		want(t, c.method+" "+c.target, a.Status, 400)
	}
	want(t, "as a WebSocket", s.TryDial(t, "/socket.io/?EIO=3", nil).StatusCode, 400)
	want(t, "sessions", s.Len(), 1)
}

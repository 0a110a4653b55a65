package ws_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"madang/internal/ws"

	"pgregory.net/rapid"
)

// TestBothSides sends messages of any length both ways, in pieces; the frames of one side are refused on the other.
func TestBothSides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "payload")
		payload = bytes.Repeat(payload, rapid.IntRange(1, 300).Draw(t, "times"))
		at := rapid.IntRange(0, len(payload)).Draw(t, "cut")
		for _, client := range []bool{false, true} {
			frame, wrong := ws.AppendMasked(nil, ws.Binary, payload), ws.AppendFrame(nil, ws.Binary, payload)
			if client {
				frame, wrong = wrong, frame
			}
			var got []byte
			p := ws.Parser{Client: client}
			keep := func(m ws.Message) error { got = append(got, m.Data...); return nil }
			if err := errors.Join(p.Feed(frame[:at], keep), p.Feed(frame[at:], keep)); err != nil || !bytes.Equal(got, payload) {
				t.Fatalf("read by a client %v: %d bytes of %d, %v", client, len(got), len(payload), err)
			}
			p = ws.Parser{Client: client}
			if closing, ok := errors.AsType[*ws.CloseError](p.Feed(wrong, keep)); !ok || closing.Code != ws.CodeProtocolError {
				t.Fatalf("read by a client %v, the other side's frame was taken: %v", client, closing)
			}
		}
	})
}

// TestDial connects to a server of the other side.
func TestDial(t *testing.T) {
	rw, err := ws.Dial(t.Context(), http.DefaultClient, "http://"+serveEcho(t), http.Header{"Origin": {"http://here.test"}})
	if err != nil {
		t.Fatal(err)
	}
	defer rw.Close()
	if _, err := rw.Write(ws.AppendMasked(nil, ws.Text, []byte("안녕"))); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 2+len("안녕"))
	if _, err := io.ReadFull(rw, got); err != nil || string(got[2:]) != "안녕" {
		t.Errorf("back came %q, %v", got, err)
	}
}

// lying is a server that accepts whatever it is asked.
type lying struct{ header http.Header }

func (l lying) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusSwitchingProtocols, Header: l.header, Body: silent{http.NoBody}}, nil
}

// silent is a connection.
type silent struct{ io.ReadCloser }

func (silent) Write(b []byte) (int, error) { return len(b), nil }

// TestDialRefuses takes no other answer for a WebSocket's.
func TestDialRefuses(t *testing.T) {
	for _, h := range []http.Header{{}, {"Upgrade": {"websocket"}, "Sec-Websocket-Accept": {"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}}} {
		if rw, err := ws.Dial(t.Context(), &http.Client{Transport: lying{h}}, "http://server.test", nil); err == nil {
			t.Errorf("%v was taken: %v", h, rw)
		}
	}
}

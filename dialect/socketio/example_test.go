package socketio_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"madang"
	"madang/dialect/socketio"
)

// A chat room: whoever joins hears what the others say.
func Example() {
	hub := madang.New(madang.Config{})
	if err := hub.Start(context.Background()); err != nil {
		log.Fatal(err)
	}
	defer hub.Close()
	sio, err := socketio.New(hub, socketio.Defaults(), socketio.Options{})
	if err != nil {
		log.Fatal(err)
	}
	sio.OnConnection(func(s *socketio.Socket) {
		if err := s.Join("lobby"); err != nil {
			log.Print(err)
		}
	})
	sio.On("say", func(s *socketio.Socket, e *socketio.Event) error {
		var text string
		if err := e.Bind(&text); err != nil {
			return err
		}
		return s.To("lobby").Emit("said", text)
	})

	server := httptest.NewServer(sio)
	defer server.Close()
	anna, ben := newBrowser(server.URL, ""), newBrowser(server.URL, "")
	anna.emit(`42["say","안녕"]`)
	fmt.Println(ben.hear())
	// Output: 42["said","안녕"]
}

// A middleware decides who may connect; clients get its error as connect_error.
func ExampleServer_Use() {
	sio, server := exampleServer()
	defer server.Close()
	sio.Use(func(_ context.Context, s *socketio.Socket) error {
		switch s.Handshake().Token() {
		case "":
			return &socketio.ConnectError{Message: "not authorized", Data: map[string]string{"code": "token_missing"}}
		case "banned":
			return errors.New("go away")
		}
		return nil
	})
	fmt.Println(newBrowser(server.URL, "").answer)
	fmt.Println(newBrowser(server.URL, `{"token":"banned"}`).answer)
	fmt.Println(newBrowser(server.URL, `{"token":"good"}`).answer[:8])
	// Output:
	// 44{"message":"not authorized","data":{"code":"token_missing"}}
	// 44{"message":"go away"}
	// 40{"sid"
}

// A procedure: the client's callback gets what the function returns, or {"error": …}.
func ExampleHandle() {
	sio, server := exampleServer()
	defer server.Close()
	type sum struct{ A, B int }
	sio.On("add", socketio.Handle(func(_ context.Context, _ *socketio.Socket, in sum) (int, error) {
		return in.A + in.B, nil
	}))
	c := newBrowser(server.URL, "")
	c.emit(`420["add",{"a":19,"b":23}]`)
	fmt.Println(c.hear())
	// Output: 430[42]
}

// The server may ask as well, even in a handler.
func ExampleSocket_EmitWithAck() {
	sio, server := exampleServer()
	defer server.Close()
	sio.On("order", func(s *socketio.Socket, e *socketio.Event) error {
		ctx, done := context.WithTimeout(e.Context(), 5*time.Second)
		defer done()
		answer, err := s.EmitWithAck(ctx, "sure?")
		if err != nil {
			return err
		}
		var sure bool
		if err := answer.Bind(&sure); err != nil {
			return err
		}
		return e.Ack(map[string]bool{"ordered": sure})
	})
	c := newBrowser(server.URL, "")
	c.emit(`427["order","tea"]`)
	question := c.hear()
	c.emit("43" + strings.Trim(question, `42[]"sure?`) + "[true]")
	fmt.Println(c.hear())
	// Output: 437[{"ordered":true}]
}

// The server shares its port with whatever else a mux has.
func ExampleServer_Path() {
	sio, alone := exampleServer()
	alone.Close()
	mux := http.NewServeMux()
	mux.Handle(sio.Path(), sio)
	mux.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "an ordinary page") })
	server := httptest.NewServer(mux)
	defer server.Close()

	fmt.Println(sio.Path())
	fmt.Println(fetch(http.MethodGet, server.URL+"/hello", ""))
	fmt.Println(newBrowser(server.URL, "").answer[:2])
	// Output:
	// /socket.io/
	// an ordinary page
	// 40
}

// exampleServer is a Server as in the first example.
func exampleServer() (*socketio.Server, *httptest.Server) {
	hub := madang.New(madang.Config{})
	if err := hub.Start(context.Background()); err != nil {
		log.Fatal(err)
	}
	sio, err := socketio.New(hub, socketio.Defaults(), socketio.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return sio, httptest.NewServer(sio)
}

// A browser stands for a client: long polling, by hand.
type browser struct {
	url    string
	answer string // to CONNECT
	left   []string
}

func newBrowser(url, auth string) *browser {
	b := &browser{url: url + "/socket.io/?EIO=4&transport=polling"}
	var open struct{ SID string }
	if err := json.Unmarshal([]byte(fetch(http.MethodGet, b.url, "")[1:]), &open); err != nil {
		log.Fatal(err)
	}
	b.url += "&sid=" + open.SID
	b.emit("40" + auth)
	b.answer = b.hear()
	return b
}

func (b *browser) emit(packet string) { fetch(http.MethodPost, b.url, packet) }

func (b *browser) hear() string {
	if len(b.left) == 0 {
		b.left = strings.Split(fetch(http.MethodGet, b.url, ""), "\x1e")
	}
	packet := b.left[0]
	b.left = b.left[1:]
	return packet
}

func fetch(method, url, body string) string {
	r, err := http.NewRequestWithContext(context.Background(), method, url, bytes.NewBufferString(body))
	if err != nil {
		log.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		log.Fatal(err)
	}
	return string(b)
}

package client_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"madang/dialect/socketio/client"
	"madang/internal/child"
	"madang/internal/nodetest"
)

// reference starts the original server, which keeps the same contract as the fixture.
func reference(t *testing.T) string {
	t.Helper()
	nodetest.Install(t, "../clients")
	cmd := exec.Command("node", "reference.mjs")
	cmd.Dir, cmd.Stderr, cmd.SysProcAttr = "../clients", os.Stderr, child.Bound()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	port, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ok {
		t.Fatalf("the reference said %q, %v", line, err)
	}
	return port
}

// TestServers talks to both servers, which answer alike.
func TestServers(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) string{
		"madang":    func(t *testing.T) string { return nodetest.Fixture(t, "../fixture", "-profile", "matrix")[0] },
		"socket.io": reference,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			talk(t, "http://127.0.0.1:"+start(t))
		})
	}
}

func talk(t *testing.T, at string) {
	t.Helper()
	ctx, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	greeted, back := make(chan string, 1), make(chan client.Args, 1)
	conn, err := client.Dial(ctx, client.Config{URL: at + "/custom", Auth: map[string]string{"token": "x"}, Events: map[string]func(*client.Event){
		"auth":         func(e *client.Event) { greeted <- string(e.Raw(0)) },
		"message-back": func(e *client.Event) { back <- e.Args },
		"question":     func(e *client.Event) { e.Ack("answered", []byte{1, 2}) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := <-greeted; got != `{"token":"x"}` {
		t.Errorf("the server was shown %s", got)
	}
	if err := conn.Emit("message", 1, "둘", []byte("셋"), map[string]any{"four": []byte{4}}); err != nil {
		t.Fatal(err)
	}
	var n int
	var text string
	var raw []byte
	var deep map[string]any
	if err := (<-back).Bind(&n, &text, &raw, &deep); err != nil || n != 1 || text != "둘" || string(raw) != "셋" || !bytes.Equal(deep["four"].([]byte), []byte{4}) {
		t.Errorf("back came %d %q %q %v, %v", n, text, raw, deep, err)
	}
	a, err := conn.Call(ctx, "ask", "what?")
	raw = nil
	if err = errors.Join(err, a.Bind(&text, &raw)); err != nil || text != "answered" || !bytes.Equal(raw, []byte{1, 2}) {
		t.Errorf("asked back: %q %v, %v", text, raw, err)
	}
	for i := range 200 {
		if err := conn.Emit("collect", i); err != nil {
			t.Fatal(err)
		}
	}
	var all []int
	if a, err = conn.Call(ctx, "collected"); err != nil || a.Bind(&all) != nil || len(all) != 200 || !slices.IsSorted(all) {
		t.Errorf("of 200 numbers came %v, %v", all, err)
	}
	heartbeats(ctx, t, conn)
	endings(ctx, t, at)
}

// heartbeats stays longer than a server waits for a client that is silent (500 and 1500 ms).
func heartbeats(ctx context.Context, t *testing.T, conn *client.Conn) {
	t.Helper()
	select {
	case <-conn.Done():
		t.Errorf("an idle connection was ended: %v", conn.Err())
	case <-time.After(2200 * time.Millisecond):
	}
	var where struct{ Transport string }
	if a, err := conn.Call(ctx, "where"); err != nil || a.Bind(&where) != nil || where.Transport != "websocket" {
		t.Errorf("where: %v %v", where, err)
	}
}

func endings(ctx context.Context, t *testing.T, at string) {
	t.Helper()
	for _, namespace := range []string{"/nowhere", "/reject"} {
		_, err := client.Dial(ctx, client.Config{URL: at + namespace})
		refused, ok := errors.AsType[*client.RefusedError](err)
		if !ok || refused.Message == "" || namespace == "/reject" && !strings.Contains(string(refused.Data), "token_missing") {
			t.Errorf("%s: %v", namespace, err)
		}
	}
	for how, want := range map[string]error{"kick": client.ErrDisconnected, "leave-me": client.ErrDisconnected, "close-transport": client.ErrLost} {
		conn, err := client.Dial(ctx, client.Config{URL: at})
		if err != nil {
			t.Fatal(err)
		}
		conn.Emit(how)
		<-conn.Done()
		if !errors.Is(conn.Err(), want) {
			t.Errorf("%s: %v", how, conn.Err())
		}
	}
}

// TestTLS goes through a proxy that speaks TLS and HTTP/2, as most servers stand behind one, and believes no other name.
func TestTLS(t *testing.T) {
	port := nodetest.Fixture(t, "../fixture", "-profile", "matrix")[0]
	behind := &url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
	front := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(behind))
	front.EnableHTTP2 = true
	front.Config.ErrorLog = nil
	front.StartTLS()
	defer front.Close()
	roots := x509.NewCertPool()
	roots.AddCert(front.Certificate())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	c := client.Config{URL: strings.Replace(front.URL, "https", "wss", 1), HTTP: &http.Client{Transport: transport, Timeout: time.Minute}}
	conn, err := client.Dial(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if a, err := conn.Call(t.Context(), "message-with-ack", "안녕"); err != nil || string(a.Raw(0)) != `"안녕"` {
		t.Errorf("%s, %v", a.Raw(0), err)
	}
	c.HTTP = nil
	if _, err := client.Dial(t.Context(), c); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}
}

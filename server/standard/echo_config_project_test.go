//go:build unix

package standard_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"madang/internal/laraveltest"
	"madang/internal/nodetest"
	"madang/internal/redistest"
)

// TestEchoProject takes a project as it is: a Laravel app, its Redis, and the laravel-echo-server.json beside it, of which
// only the addresses are changed, by the .env. The same conversation with laravel-echo-server 1.6.3 and with this server,
// started by the same words, must be heard the same.
func TestEchoProject(t *testing.T) {
	named := echoNamed(t)
	their := conversation(t, echoOriginal(t))
	our := conversation(t, named)
	if !slices.Equal(our, their) {
		t.Errorf("heard\n%s\nfrom laravel-echo-server\n%s", strings.Join(our, "\n"), strings.Join(their, "\n"))
	}
	if len(their) < 14 {
		t.Errorf("not much was heard: %q", their)
	}
}

// conversation runs a server in the project and returns what two clients hear from it.
func conversation(t *testing.T, server string) (heard []string) {
	t.Helper()
	redis := redistest.Start(t)
	app := laraveltest.New(t, fmt.Sprintf("REDIS_PORT=%d", redis.Port))
	url, stop := startProject(t, server, redis.Port, app.Serve())
	defer stop()
	ann, ben := echoConnect(t, url, "token-of-1"), echoConnect(t, url, "token-of-2")
	both := []*echoClient{ann, ben}
	hear := func(clients ...*echoClient) {
		for _, c := range clients {
			heard = append(heard, fmt.Sprintf("%s %s", c.token, plain(c.must())))
		}
	}

	// Whoever is in a channel hears what Laravel broadcasts there, once the server listens to Redis.
	ann.subscribe("public")
	for ready := false; !ready; {
		app.Broadcast("public", "ready?")
		ready = ann.next(time.Second) != ""
	}
	for ann.next(time.Second) != "" { // the answers to earlier questions
	}
	ben.subscribe("public")
	ann.subscribe("presence-presence")
	hear(ann)
	ben.subscribe("presence-presence") // public is subscribed to by then: events of one client are handled in order
	hear(ben, ann)
	app.Broadcast("public", "안녕/hello")
	hear(both...)

	// Private channels ask the app, which says no to one of them.
	for _, c := range both {
		c.subscribe("private-chat.7")
		c.subscribe("private-chat.999")
		hear(c)
	}
	app.Broadcast("chat", "7", "hello")
	hear(both...)
	app.Broadcast("order", "12", "7")
	hear(both...)
	ann.subscribe("private-App.Models.User.1")
	ann.subscribe("private-App.Models.User.2") // not hers: the answer says that the one before has been decided
	hear(ann)
	app.Broadcast("notify", "1", "반갑습니다")
	hear(ann)

	// Clients to each other, the HTTP interface, and who goes.
	ann.emit("client event", map[string]any{"channel": "private-chat.7", "event": "client-typing", "data": map[string]any{"name": "하늘"}})
	hear(ben)
	event := `{"name": "by.http", "channels": ["private-chat.7", "public"], "data": {"big": 12345678901234, "list": []}}`
	if status, _, text := post(t, url+"/apps/4d6164616e674170/events?auth_key=5a3c9f7e21b84d06ac51e0f2937b6c48", event); status != 200 || text != `{"message":"ok"}` {
		t.Errorf("%s: an event by HTTP: %d %s", server, status, text)
	}
	hear(ann, ann, ben, ben)
	ben.close()
	hear(ann)
	for _, c := range both {
		if e := c.next(200 * time.Millisecond); e != "" {
			t.Errorf("%s: %s hears more: %s", server, c.token, e)
		}
	}
	return heard
}

// plain takes out of an event what is random, and the spelling of its JSON: this server carries what Laravel wrote, with
// \u for letters and \/ for slashes, where laravel-echo-server reads and writes it anew.
func plain(event string) string {
	event = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`).ReplaceAllStringFunc(event, func(text string) string {
		var value string
		if json.Unmarshal([]byte(text), &value) != nil {
			return text
		}
		b, err := json.Marshal(value)
		if err != nil {
			return text
		}
		return string(b)
	})
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(event)); err == nil {
		event = b.String()
	}
	event = regexp.MustCompile(`"socketId":"[^"]+"`).ReplaceAllString(event, `"socketId":"…"`)
	return regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllString(event, "…")
}

// startProject starts a program that is called as laravel-echo-server is, in a copy of the example's file, and returns its
// address.
func startProject(t *testing.T, server string, redisPort int, app string) (url string, stop func()) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("..", "..", "examples", "laravel-echo", "laravel-echo-server.json"))
	if err != nil {
		t.Fatal(err)
	}
	return startEcho(t, server, string(file), redisPort, app)
}

// startEcho starts it with a file of any text, with the addresses in its .env.
func startEcho(t *testing.T, server, file string, redisPort int, app string) (url string, stop func()) {
	t.Helper()
	dir, port := t.TempDir(), unusedPort(t)
	env := fmt.Sprintf("LARAVEL_ECHO_SERVER_HOST=127.0.0.1\nLARAVEL_ECHO_SERVER_PORT=%d\nLARAVEL_ECHO_SERVER_AUTH_HOST=%s\n"+
		"REDIS_PORT=%d\nLARAVEL_ECHO_SERVER_REDIS_PORT=${REDIS_PORT}\n", port, app, redisPort)
	for name, text := range map[string]string{"laravel-echo-server.json": file, ".env": env} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	c := exec.Command(server, "start")
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, environment("MADANG_DRAIN_GRACE=0s", "MADANG_DRAIN_SPREAD=0s"), &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if _ = c.Wait(); t.Failed() { // what its status is differs between them
			t.Logf("%s:\n%s", server, log.String())
		}
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return "http://" + address, stop
		}
		if time.Now().After(end) {
			_ = c.Process.Kill()
			_ = c.Wait()
			t.Fatalf("%s does not listen:\n%s", server, log.String())
		}
	}
}

// echoNamed returns this program by the name of laravel-echo-server.
func echoNamed(t *testing.T) string {
	t.Helper()
	named := filepath.Join(t.TempDir(), "laravel-echo-server")
	if err := os.Symlink(program(), named); err != nil {
		t.Fatal(err)
	}
	return named
}

// echoOriginal returns laravel-echo-server itself, which is among the clients of its dialect.
func echoOriginal(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join("..", "..", "dialect", "socketio", "echo", "clients"))
	if err != nil {
		t.Fatal(err)
	}
	nodetest.Install(t, folder)
	return filepath.Join(folder, "node_modules", ".bin", "laravel-echo-server")
}

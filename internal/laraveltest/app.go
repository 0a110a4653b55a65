package laraveltest

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"madang/internal/child"
)

// install is what a machine without Laravel is told.
const install = "apt-get install -y --no-install-recommends php-cli php-laravel-framework php-redis php-predis php-curl php-guzzlehttp-guzzle php-sqlite3"

// complete is PHP that succeeds if everything is there.
const complete = `exit(stream_resolve_include_path("Illuminate/autoload.php") && stream_resolve_include_path("Predis/autoload.php")
	&& extension_loaded("redis") && extension_loaded("pdo_sqlite") ? 0 : 1);`

// Times that one run of PHP, and the start of its server, may take.
const (
	runTime   = 30 * time.Second
	startTime = 20 * time.Second
)

// An App is an application with settings of its own.
type App struct {
	t      testing.TB
	php    string
	folder string
	ready  string // path of a page that is there when the application is
	env    []string
}

// New returns the application of examples/laravel-echo. The settings are those of a Laravel project's .env:
// "REDIS_PORT=6379", "REDIS_CLIENT=predis", "APP_NAME=shop".
func New(t testing.TB, env ...string) *App {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	return In(t, filepath.Join(filepath.Dir(here), "..", "..", "examples", "laravel-echo"), "/settings", env...)
}

// In returns another application, in a folder that has public/index.php. It is ready when the page of a path is there. Besides
// its settings it is told in APP_URL where it is served.
func In(t testing.TB, folder, ready string, env ...string) *App {
	t.Helper()
	php, err := exec.LookPath("php")
	if err != nil {
		t.Fatalf("php is missing: %s", install)
	}
	if err := exec.Command(php, "-r", complete).Run(); err != nil { //nolint:noctx // it only looks
		t.Fatalf("php has no Laravel, predis, phpredis or SQLite: %s", install)
	}
	if _, err := os.Stat(filepath.Join(folder, "public", "index.php")); err != nil {
		t.Fatalf("the application is not where it was: %v", err)
	}
	// A setting of the machine must not reach the test.
	clean := []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "REDIS_HOST=127.0.0.1"}
	return &App{t: t, php: php, folder: folder, ready: ready, env: append(clean, env...)}
}

// Broadcast fires an event: the words are those of broadcast.php, such as "chat", "7", "hello".
func (a *App) Broadcast(words ...string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), runTime)
	defer cancel()
	c := exec.CommandContext(ctx, a.php, append([]string{"broadcast.php"}, words...)...) //nolint:gosec // the test's own words
	c.Dir, c.Env = a.folder, a.env
	if out, err := c.CombinedOutput(); err != nil || len(out) > 0 {
		a.t.Fatalf("broadcast.php %q: %v\n%s", words, err, out)
	}
}

// Serve starts PHP's web server with the application and returns its address, http://127.0.0.1:port. It ends with the
// test. It answers one request after another.
func (a *App) Serve() string {
	a.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		a.t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		a.t.Fatal(err)
	}
	var said output
	// Compiled once, a page takes a third of the time.
	c := exec.Command(a.php, "-d", "opcache.enable_cli=1", "-S", address, "-t", "public", "public/index.php") //nolint:gosec,noctx // Kill ends it
	c.Dir, c.Env, c.Stdout, c.Stderr = a.folder, append(slices.Clone(a.env), "APP_URL=http://"+address), &said, &said
	c.SysProcAttr = child.Bound()
	if err := c.Start(); err != nil {
		a.t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = c.Wait() // it is killed: there is always an error
		close(exited)
	}()
	a.t.Cleanup(func() {
		_ = c.Process.Kill() // it may be gone already
		<-exited
	})
	for end := time.Now().Add(startTime); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if answers("http://" + address + a.ready) {
			return "http://" + address
		}
		select {
		case <-exited:
			a.t.Fatalf("php -S %s has ended:\n%s", address, &said)
		default:
		}
	}
	a.t.Fatalf("php -S %s does not answer within %v:\n%s", address, startTime, &said)
	return ""
}

// answers reports whether a page is there.
func answers(url string) bool {
	client := http.Client{Timeout: startTime}
	r, err := client.Get(url) //nolint:noctx // bounded by the client
	if err != nil {
		return false
	}
	_ = r.Body.Close()
	return r.StatusCode == http.StatusOK
}

// output is what a process says.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

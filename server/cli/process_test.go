//go:build unix

package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// build makes the binary of the tiny assembly.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "tiny")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./testdata/tiny").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// A process is a running server.
type process struct {
	*exec.Cmd
	url    string
	out    *bufio.Reader
	errors bytes.Buffer // to be read after it has ended
}

// environment is what programs of the test get: nothing that is set here.
func environment(more ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH")}, more...)
}

func serve(t *testing.T, binary, dir string, env []string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.CommandContext(t.Context(), binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)}
	p.Dir, p.Env, p.Stderr = dir, environment(env...), &p.errors
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %v\n%s", err, p.Wait(), p.errors.String())
	}
	var ok bool
	if p.url, ok = strings.CutPrefix(strings.TrimSpace(line), "listening on "); !ok {
		t.Fatalf("first line %q", line)
	}
	return p
}

// end sends signals and returns the exit status and the rest of the output.
func (p *process) end(t *testing.T, signals ...os.Signal) (int, string) {
	t.Helper()
	for _, s := range signals {
		if err := p.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	rest, err := io.ReadAll(p.out)
	if err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // the status says it too
	return p.ProcessState.ExitCode(), string(rest)
}

func body(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

func command(t *testing.T, binary, dir string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), binary, args...)
	var out, errors bytes.Buffer
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, environment(), &out, &errors
	_ = c.Run() // the status says it too
	return c.ProcessState.ExitCode(), out.String(), errors.String()
}

// TestFirstRun starts a server in an empty folder with no configuration.
func TestFirstRun(t *testing.T) {
	binary, dir := build(t), t.TempDir()
	if status, out, errors := command(t, binary, dir, "token", "--user", "ann"); status != 1 || out != "" || !strings.Contains(errors, "start the server there first") {
		t.Errorf("token without a server: %d, %q, %q", status, out, errors)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("token wrote %v, %v", entries, err)
	}
	p := serve(t, binary, dir, nil)
	if code, text := body(t, p.url+"/"); code != 200 || text != "hello" {
		t.Errorf("/: %d %q", code, text)
	}
	if code, text := body(t, p.url+"/readyz"); code != 200 {
		t.Errorf("/readyz: %d %q", code, text)
	}
	status, token, errors := command(t, binary, dir, "token", "--user", "ann") // beside the running server
	if status != 0 || !strings.HasPrefix(token, "ann.") || strings.Count(token, "\n") != 1 || errors != "" {
		t.Errorf("token: %d, %q, %q", status, token, errors)
	}
	if status, out, errors := command(t, binary, dir, "healthcheck", "--url", p.url); status != 0 || out != "ok\n" {
		t.Errorf("healthcheck: %d, %q, %q", status, out, errors)
	}
	address := strings.TrimPrefix(p.url, "http://")
	if status, _, errors := command(t, binary, t.TempDir(), "serve", "--listen", address); status != 1 ||
		!strings.Contains(errors, "another program has this port") || !strings.Contains(errors, "--set listen=") {
		t.Errorf("a taken port: %d, %q", status, errors)
	}
	status, banner := p.end(t, syscall.SIGTERM)
	secret := strings.TrimPrefix(strings.TrimSpace(token), "ann.")
	if status != 0 || !strings.Contains(banner, "open "+p.url+"/ with dev."+secret) || !strings.Contains(banner, "개발 모드") {
		t.Errorf("status %d, banner %s, log %s", status, banner, p.errors.String())
	}
	if status, out, errors := command(t, binary, dir, "healthcheck", "--url", p.url); status != 1 || out != "" || !strings.Contains(errors, "no server answers") {
		t.Errorf("healthcheck of a dead server: %d, %q, %q", status, out, errors)
	}
	info, err := os.Stat(filepath.Join(dir, "data", "development.yaml"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("secrets: %v, %v", info, err)
	}
	if _, again, _ := command(t, binary, dir, "token", "--user", "ann"); again != token {
		t.Errorf("the secret has changed: %q, %q", again, token)
	}
}

// TestConfiguredRun drains with a grace, in which it is alive but not ready.
func TestConfiguredRun(t *testing.T) {
	binary, dir := build(t), t.TempDir()
	file := filepath.Join(dir, "madang.yaml")
	if err := os.WriteFile(file, []byte("pages: {greeting: hi}\ndrain: {grace: 10m, spread: 0s, timeout: 11m}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := serve(t, binary, dir, []string{"MADANG_PAGES_GREETING=from env"}, "--set", "log.format=json")
	if _, text := body(t, p.url+"/"); text != "from env" {
		t.Errorf("got %q", text)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for {
		if code, _ := body(t, p.url+"/readyz"); code == http.StatusServiceUnavailable {
			break
		}
		time.Sleep(5 * time.Millisecond) // until the signal has arrived
	}
	if code, _ := body(t, p.url+"/livez"); code != 200 {
		t.Errorf("/livez while draining: %d", code)
	}
	ended := make(chan struct{})
	go func() { // until one is late enough to be a second one
		for p.Process.Signal(syscall.SIGINT) == nil {
			select {
			case <-ended:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	status, rest := p.end(t)
	close(ended)
	if status != 3 || rest != "" || !strings.Contains(p.errors.String(), "stopped in a hurry") {
		t.Errorf("status %d, %q, %s", status, rest, p.errors.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "development.yaml")); err == nil {
		t.Error("a configured server generated secrets")
	}
}

func TestTwoSignalsAtOnceAreOne(t *testing.T) {
	p := serve(t, build(t), t.TempDir(), nil)
	if status, _ := p.end(t, syscall.SIGTERM, syscall.SIGINT); status != 0 {
		t.Errorf("status %d, %s", status, p.errors.String())
	}
}

func TestVersion(t *testing.T) {
	status, out, errors := command(t, build(t), t.TempDir(), "version", "--json")
	var v struct{ Name, Version, Go, Platform string }
	if err := json.Unmarshal([]byte(out), &v); err != nil || status != 0 || v.Name != "tiny" || v.Version == "" || !strings.HasPrefix(v.Go, "go") {
		t.Errorf("%d, %q, %q: %v", status, out, errors, err)
	}
}

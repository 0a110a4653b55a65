//go:build unix

package cli_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"madang/internal/nodetest"
)

// freePort returns a port that nobody has at the moment.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().(*net.TCPAddr).Port
}

// echoProject makes a folder with a configuration file.
func echoProject(t *testing.T) (dir, url string) {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	text := fmt.Sprintf(`{"host": "127.0.0.1", "port": "%d", "databaseConfig": {"redis": {"keyPrefix": "x"}}}`, port)
	if err := os.WriteFile(filepath.Join(dir, "laravel-echo-server.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, fmt.Sprintf("http://127.0.0.1:%d", port)
}

// startEcho starts a server and waits until it listens.
func startEcho(t *testing.T, binary, dir string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.CommandContext(t.Context(), binary, args...)}
	p.Dir, p.Env, p.Stderr = dir, environment(), &p.errors
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
	p.url = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	return p
}

// TestEchoStartAndStop runs a server by its configuration file alone, under both names of the binary.
func TestEchoStartAndStop(t *testing.T) {
	binary := build(t)
	named := filepath.Join(t.TempDir(), "laravel-echo-server")
	if err := os.Symlink(binary, named); err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{{binary, "echo"}, {named}} {
		dir, url := echoProject(t)
		do := func(args ...string) (int, string, string) {
			return command(t, words[0], dir, append(words[1:len(words):len(words)], args...)...)
		}
		p := startEcho(t, words[0], dir, append(words[1:len(words):len(words)], "start")...)
		if code, text := body(t, p.url+"/"); code != 200 || text != "hello" || p.url != url {
			t.Errorf("%s: %d %s, want %s", p.url, code, text, url)
		}
		lock := filepath.Join(dir, "laravel-echo-server.lock")
		b, err := os.ReadFile(lock)
		if err != nil || string(b) != fmt.Sprintf("{\n\t\"process\": %d\n}", p.Process.Pid) {
			t.Errorf("lock file %q, %v", b, err)
		}
		if status, _, errs := do("start"); status != 1 || !strings.Contains(errs, "already a server running; use the option --force") {
			t.Errorf("a second start: %d %s", status, errs)
		}
		if status, out, errs := do("stop"); status != 0 || out != "Closed the running server.\n" || errs != "" {
			t.Errorf("stop: %d %s %s", status, out, errs)
		}
		if status, _ := p.end(t); status != 0 {
			t.Errorf("the server ended with %d: %s", status, p.errors.String())
		}
		if _, err := os.Stat(lock); err == nil {
			t.Error("the lock file is still there")
		}
		if status, _, errs := do("stop"); status != 1 || !strings.Contains(errs, "could not find the lock file") {
			t.Errorf("stop again: %d %s", status, errs)
		}
	}
}

func TestEchoStartByForce(t *testing.T) {
	binary := build(t)
	dir, _ := echoProject(t)
	first := startEcho(t, binary, dir, "echo", "start")
	second := startEcho(t, binary, dir, "echo", "start", "--force", "--dev")
	if status, _ := first.end(t); status != 0 {
		t.Errorf("the first server ended with %d", status)
	}
	if code, _ := body(t, second.url+"/"); code != 200 {
		t.Errorf("the second server answers %d", code)
	}
	status, _, errs := command(t, binary, dir, "echo", "stop")
	end, _ := second.end(t)
	if status != 0 || end != 0 || !strings.Contains(second.errors.String(), "stopping the running server because of --force") ||
		!strings.Contains(second.errors.String(), "level=DEBUG") {
		t.Errorf("%d %s, %d %s", status, errs, end, second.errors.String())
	}
}

// TestEchoStopKillsNobodyElse has a lock file that is left over and names a process that has nothing to do with it.
func TestEchoStopKillsNobodyElse(t *testing.T) {
	binary := build(t)
	dir, _ := echoProject(t)
	bystander := exec.CommandContext(t.Context(), "cat")
	in, err := bystander.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	lock := filepath.Join(dir, "laravel-echo-server.lock")
	text, err := json.Marshal(map[string]int{"process": bystander.Process.Pid})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lock, text, 0o600); err != nil {
		t.Fatal(err)
	}
	status, _, errs := command(t, binary, dir, "echo", "stop")
	if status != 1 || !strings.Contains(errs, fmt.Sprintf("process %d, which it names, is not ours and was left alone", bystander.Process.Pid)) {
		t.Errorf("%d %s", status, errs)
	}
	p := startEcho(t, binary, dir, "echo", "start") // what is left over hinders nobody
	if status, _, errs := command(t, binary, dir, "echo", "stop"); status != 0 {
		t.Errorf("%d %s", status, errs)
	}
	if status, _ := p.end(t); status != 0 {
		t.Errorf("the server ended with %d", status)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := bystander.Wait(); err != nil {
		t.Errorf("the bystander was harmed: %v", err)
	}
}

// TestEchoStopAfterACrash finds a lock file whose owner was killed.
func TestEchoStopAfterACrash(t *testing.T) {
	binary := build(t)
	dir, _ := echoProject(t)
	p := startEcho(t, binary, dir, "echo", "start")
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.end(t)
	if status, _, errs := command(t, binary, dir, "echo", "stop"); status != 1 || !strings.Contains(errs, "laravel-echo-server.lock is left over") {
		t.Errorf("%d %s", status, errs)
	}
}

// TestEchoClientsLikeTheOriginal changes the same file with laravel-echo-server 1.6.3 and with this program, and compares
// the files and what is said, but for the random keys.
func TestEchoClientsLikeTheOriginal(t *testing.T) {
	binary, original := build(t), original(t)
	random := regexp.MustCompile(`[0-9a-f]{32}|[0-9a-f]{16}`)
	color := regexp.MustCompile("\x1b\\[[0-9]+m")
	same := func(text string) string {
		return random.ReplaceAllStringFunc(color.ReplaceAllString(text, ""), func(s string) string { return fmt.Sprintf("<%d digits>", len(s)) })
	}
	start, err := os.ReadFile(filepath.Join("..", "echoconfig", "testdata", "read", "init.json"))
	if err != nil {
		t.Fatal(err)
	}
	theirs, ours := t.TempDir(), t.TempDir()
	for _, dir := range []string{theirs, ours} {
		if err := os.WriteFile(filepath.Join(dir, "laravel-echo-server.json"), start, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"client:add", "shop"}, {"client:add", "second"}, {"client:add", "shop"}, {"client:remove", "shop"}, {"client:add"},
		{"client:remove", "second"},
	} {
		status, theirText, errs := command(t, original, theirs, args...)
		if status != 0 || errs != "" {
			t.Fatalf("laravel-echo-server %v: %d %s", args, status, errs)
		}
		status, ourText, errs := command(t, binary, ours, append([]string{"echo"}, args...)...)
		if status != 0 || errs != "" || same(ourText) != same(theirText) {
			t.Errorf("%v: %d %s\nsays  %swant  %s", args, status, errs, same(ourText), same(theirText))
		}
		their, err := os.ReadFile(filepath.Join(theirs, "laravel-echo-server.json"))
		if err != nil {
			t.Fatal(err)
		}
		our, err := os.ReadFile(filepath.Join(ours, "laravel-echo-server.json"))
		if err != nil || same(string(our)) != same(string(their)) {
			t.Errorf("%v: %v\nwrites\n%s\nwant\n%s", args, err, our, their)
		}
	}
}

// original returns laravel-echo-server's own program, which is among the clients of its dialect.
func original(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join("..", "..", "dialect", "socketio", "echo", "clients"))
	if err != nil {
		t.Fatal(err)
	}
	nodetest.Install(t, folder)
	return filepath.Join(folder, "node_modules", ".bin", "laravel-echo-server")
}

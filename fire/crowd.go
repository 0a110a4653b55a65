package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"madang/fire/judge"
	"madang/internal/child"
	"madang/internal/clustertest"
)

// A crowd is one process of clients.
type crowd struct {
	name string
	log  string // a file
	in   io.WriteCloser
	said chan string // came, stopped, audited; closed when it has ended
	cmd  *exec.Cmd

	mu     sync.Mutex
	counts map[string]int // as it said last
}

// clientsFolder is where the crowd's program is, from the module's root or from this folder.
func clientsFolder() string {
	if _, err := os.Stat("clients/crowd.mjs"); err == nil {
		return "clients"
	}
	return filepath.Join("fire", "clients")
}

// install installs the clients' libraries, as their lock file names them, if they are not there.
func install(folder string) error {
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err == nil {
		return nil
	}
	npm := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund") //nolint:noctx // it ends by itself
	npm.Dir = folder
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("the npm packages of %s cannot be installed: %w; install Node.js 20 or later\n%s", folder, err, out)
	}
	return nil
}

// startCrowd starts a process with its members, who come over a time.
func startCrowd(t clustertest.T, url, dir, name string, members []*member, ramp time.Duration) *crowd {
	t.Helper()
	c := &crowd{name: name, log: filepath.Join(dir, name+".log"), said: make(chan string, 8), counts: map[string]int{}}
	plan, err := json.Marshal(map[string]any{
		"url": url, "app": clustertest.App, "key": clustertest.Key, "secret": clustertest.KeySecret, "log": c.log,
		"ramp": ramp.Milliseconds(), "clients": members,
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, name+".json")
	if err := os.WriteFile(file, plan, 0o600); err != nil {
		t.Fatal(err)
	}
	errors, err := os.Create(filepath.Join(dir, name+".err"))
	if err != nil {
		t.Fatal(err)
	}
	defer errors.Close()
	c.cmd = exec.Command("node", filepath.Join(clientsFolder(), "crowd.mjs"), file) //nolint:gosec,noctx // ended below
	c.cmd.Stderr, c.cmd.SysProcAttr = errors, child.Bound()
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatalf("node: %v; install Node.js 20 or later", err)
	}
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill() // it may have ended
		_ = c.cmd.Wait()         // as above
	})
	go c.listen(out)
	return c
}

// listen takes what the process says.
func (c *crowd) listen(out io.Reader) {
	defer close(c.said)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		text := lines.Text()
		if !strings.HasPrefix(text, "{") {
			c.said <- text
			continue
		}
		counts := map[string]int{}
		if json.Unmarshal([]byte(text), &counts) != nil {
			continue // it writes them itself; the next ones come in a second
		}
		c.mu.Lock()
		c.counts = counts
		c.mu.Unlock()
	}
}

// count returns what the process has counted, by kind.
func (c *crowd) count(kind string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[kind]
}

// tell gives an order.
func (c *crowd) tell(t clustertest.T, order string) {
	t.Helper()
	if _, err := fmt.Fprintln(c.in, order); err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
}

// hear waits until the process says something.
func (c *crowd) hear(t clustertest.T, what string, patience time.Duration) {
	t.Helper()
	select {
	case said, ok := <-c.said:
		if ok && said == what {
			return
		}
		t.Fatalf("%s: waited for %q, and it said %q; see %s", c.name, what, said, strings.TrimSuffix(c.log, ".log")+".err")
	case <-time.After(patience):
		t.Fatalf("%s: has not said %q within %v", c.name, what, patience)
	}
}

// entries adds what the process's clients have written to their logs.
func (c *crowd) entries(t clustertest.T, clients map[string]*judge.Client) {
	t.Helper()
	f, err := os.Open(c.log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = judge.Read(f, func(e judge.Entry) {
		if one := clients[e.Client]; one != nil {
			one.Log = append(one.Log, e)
		} else {
			t.Errorf("%s: %s", c.name, e.Rest) // of the process itself
		}
	})
	if err != nil {
		t.Fatalf("%s: %v", c.log, err)
	}
}

package madangtest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"madang/madangtest"
)

// chatter is a server that tells all what one says, line by line, and ticks.
type chatter struct {
	mu   sync.Mutex
	all  map[net.Conn]bool
	quit chan struct{}
}

func newChatter(t *testing.T) http.Handler {
	c := &chatter{all: map[net.Conn]bool{}, quit: make(chan struct{})}
	t.Cleanup(func() { close(c.quit) })
	go func() {
		tick := time.NewTicker(10 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				c.say("tick")
			case <-c.quit:
				return
			}
		}
	}()
	return c
}

func (c *chatter) say(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for nc := range c.all {
		_, _ = io.WriteString(nc, line+"\n") // one that has gone away hears nothing
	}
}

func (c *chatter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer nc.Close()
	id := rand.IntN(1e9)
	_, _ = fmt.Fprintf(nc, "welcome id-%d\n", id)
	c.mu.Lock()
	c.all[nc] = true
	c.mu.Unlock()
	for {
		line, err := rw.ReadString('\n')
		if err != nil {
			break
		}
		c.say(fmt.Sprintf("id-%d: %s", id, strings.TrimSpace(line)))
	}
	c.mu.Lock()
	delete(c.all, nc)
	c.mu.Unlock()
}

// lines is its client.
type lines struct{}

type linePeer struct {
	madangtest.Inbox
	net.Conn
}

func (lines) Open(ctx context.Context, dial madangtest.Dial, params string) (madangtest.Peer, error) {
	nc, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	p := &linePeer{Conn: nc}
	go func() {
		for sc := bufio.NewScanner(nc); sc.Scan(); {
			line := sc.Text()
			if params == "loud" && !strings.HasPrefix(line, "welcome") {
				from, text, said := strings.Cut(line, ": ")
				if line = strings.ToUpper(line); said {
					line = from + ": " + strings.ToUpper(text)
				}
			}
			p.Put(line)
		}
	}()
	_, err = io.WriteString(nc, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	return p, err
}

func (p *linePeer) Send(line string) error {
	_, err := io.WriteString(p.Conn, line+"\n")
	return err
}

func talks(glob string) madangtest.Talks {
	return madangtest.Talks{Glob: glob, Server: newChatter, Drivers: map[string]madangtest.Driver{"lines": lines{}}}
}

func TestPlay(t *testing.T) { madangtest.Play(t, talks("testdata/talk/*.txt")) }

// A rewritten transcript is the one that would have passed: comments stay, and so do names where they fit.
func TestRewrite(t *testing.T) {
	want, err := os.ReadFile("testdata/talk/echo.txt")
	if err != nil {
		t.Fatal(err)
	}
	var stale []string
	for line := range strings.SplitSeq(string(want), "\n") {
		switch line {
		case "bob< {{bob}}: ALONE", "ann< tick": // forgotten
		case "bob< TICK":
			stale = append(stale, "bob< never said")
		default:
			stale = append(stale, strings.Replace(line, "{{ann}}: hello", "{{ann}}: hullo", 1))
		}
	}
	if strings.Join(stale, "\n") == string(want) {
		t.Fatal("nothing is stale")
	}
	file := filepath.Join(t.TempDir(), "stale.txt")
	if err := os.WriteFile(file, []byte(strings.Join(stale, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	again := talks(file)
	again.Rewrite = true
	madangtest.Play(t, again)
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sorted := func(b []byte) string {
		lines := strings.Split(string(b), "\n")
		slices.Sort(lines) // between two clients the order is free
		return strings.Join(lines, "\n")
	}
	if sorted(got) != sorted(want) {
		t.Errorf("rewritten:\n%s", got)
	}
	madangtest.Play(t, talks(file))
}

package madangtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang/internal/memnet"
)

// A Driver is one dialect's client in a conversation.
type Driver interface {
	// Open begins a client. params is what the transcript says behind the dialect's name. dial connects to the
	// server, as often as the driver likes; what it makes must end with the Peer's Close.
	Open(ctx context.Context, dial Dial, params string) (Peer, error)
}

// Dial connects to the server that a conversation is played against.
type Dial func(context.Context) (net.Conn, error)

// A Peer is an open client. A line is one message of the wire protocol as a person would write it down.
type Peer interface {
	Send(line string) error
	// Received returns the lines that have come since the last call. It does not wait. The end of the connection,
	// too, is a line.
	Received() []string
	Close() error
}

// Talks says what [Play] plays, and against what.
type Talks struct {
	Glob    string                             // of the transcripts, such as "testdata/talk/*.txt"
	Server  func(t *testing.T) http.Handler    // makes a server for one transcript; ends it with t.Cleanup
	Drivers map[string]Driver                  // by the name of their dialect
	Rewrite bool                               // write what came into the transcripts, instead of failing
	Actions map[string]func(args string) error // the test's own verbs (publish, emit …); may be nil
}

// Play plays transcripts: each is a subtest, in a bubble of fake time with a server of its own.
//
// A transcript is read line by line:
//
//	# a comment
//	open ann socketio EIO=4       a client, its dialect, and what the dialect's driver makes of the rest
//	ann> 42["join","room"]        ann sends a line
//	bob< 42["joined","ann"]       bob has received a line
//	wait 25s                      fake time passes
//	close ann
//	publish room hello            a verb of Talks.Actions
//
// After each action the conversation comes to rest. Then everything that the clients have received must be expected by
// the lines that follow, for each client in its order; whatever nobody expects fails the test. In an expectation {{x}}
// stands for any text the first time, and for the same text from then on, also in what is sent; {{*}} is any text.
func Play(t *testing.T, talks Talks) {
	files, err := filepath.Glob(talks.Glob)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no transcripts, %v", talks.Glob, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var played []string
			synctest.Test(t, func(t *testing.T) { played = play(t, talks, strings.Split(string(text), "\n")) })
			if talks.Rewrite && !t.Failed() {
				if err := os.WriteFile(file, []byte(strings.Join(played, "\n")), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A stage is one conversation being played.
type stage struct {
	t       *testing.T
	talks   Talks
	dial    Dial
	names   []string // of the peers, in the order of their opening
	peers   map[string]Peer
	waiting map[string][]string // what came and is not yet expected
	vars    vars
	out     []string // the transcript as it was
}

// play returns the transcript with the expectations that would have held.
func play(t *testing.T, talks Talks, lines []string) []string {
	ln := memnet.Listen(0)
	srv := &http.Server{Handler: talks.Server(t)}
	done := make(chan error)
	go func() { done <- srv.Serve(ln) }()
	s := &stage{
		t: t, talks: talks, peers: map[string]Peer{}, waiting: map[string][]string{}, vars: vars{},
		dial: func(ctx context.Context) (net.Conn, error) { return ln.Dial(ctx) },
	}
	for n, line := range lines {
		if err := s.line(line); err != nil {
			t.Errorf("line %d: %s: %v", n+1, line, err)
			break
		}
	}
	s.rest("the end")
	for _, p := range s.peers {
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if err := srv.Close(); err != nil {
		t.Errorf("close the server: %v", err)
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("serve: %v", err)
	}
	return s.out
}

// line plays one line.
func (s *stage) line(line string) error {
	word, args, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch {
	case comment(line):
		s.out = append(s.out, line)
		return nil
	case strings.HasSuffix(word, "<"):
		return s.expect(strings.TrimSuffix(word, "<"), args, line)
	}
	s.rest(line)
	s.out = append(s.out, line)
	if err := s.act(word, s.vars.fill(args)); err != nil {
		return err
	}
	synctest.Wait()
	for name, p := range s.peers {
		s.waiting[name] = append(s.waiting[name], p.Received()...)
	}
	return nil
}

func comment(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || line[0] == '#'
}

func (s *stage) act(word, args string) error {
	name, more, _ := strings.Cut(args, " ")
	switch {
	case strings.HasSuffix(word, ">"):
		p := s.peers[strings.TrimSuffix(word, ">")]
		if p == nil {
			return fmt.Errorf("no such client")
		}
		return p.Send(args)
	case word == "wait":
		d, err := time.ParseDuration(args)
		time.Sleep(d)
		return err
	case word == "open":
		dialect, params, _ := strings.Cut(more, " ")
		d := s.talks.Drivers[dialect]
		if d == nil || s.peers[name] != nil {
			return fmt.Errorf("no driver %q, or a client of that name is open", dialect)
		}
		p, err := d.Open(s.t.Context(), s.dial, params)
		if err != nil {
			return err
		}
		s.peers[name] = p
		s.names = append(s.names, name)
		return nil
	case word == "close":
		p := s.peers[name]
		if p == nil {
			return fmt.Errorf("no such client")
		}
		delete(s.peers, name)
		return p.Close()
	case s.talks.Actions[word] != nil:
		return s.talks.Actions[word](args)
	}
	return fmt.Errorf("what does that mean?")
}

// expect compares the next line that a client has received.
func (s *stage) expect(name, want, line string) error {
	got := s.waiting[name]
	if len(got) > 0 && s.vars.match(want, got[0]) {
		s.waiting[name] = got[1:]
		s.out = append(s.out, line)
		return nil
	}
	if s.talks.Rewrite {
		return nil // left out; rest writes down what came instead
	}
	if len(got) == 0 {
		return fmt.Errorf("nothing more came")
	}
	return fmt.Errorf("instead came:\n%s< %s", name, strings.Join(got, "\n"+name+"< "))
}

// rest is called when no more expectations follow.
func (s *stage) rest(before string) {
	at := len(s.out) // what came belongs before the comments that lead to the next action
	for at > 0 && comment(s.out[at-1]) {
		at--
	}
	for _, name := range s.names {
		for _, got := range s.waiting[name] {
			if s.talks.Rewrite {
				s.out = slices.Insert(s.out, at, name+"< "+s.vars.hide(got))
				at++
			} else {
				s.t.Errorf("before %q came and was not expected:\n%s< %s", before, name, got)
			}
		}
		s.waiting[name] = nil
	}
}

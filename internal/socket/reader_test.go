package socket_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"

	"madang/internal/socket"
)

func TestReaderHandsOverEverythingInOrder(t *testing.T) {
	for name, stay := range map[string]func(int) bool{
		"leaving":   func(int) bool { return false },
		"staying":   func(int) bool { return true },
		"sometimes": func(n int) bool { return n%3 == 0 },
	} {
		t.Run(name, func(t *testing.T) {
			eachKind(t, func(t *testing.T, _ net.Conn, c socket.Conn, peer net.Conn) {
				var got []byte
				calls := 0
				ended := make(chan error, 2)
				c.Run([]byte("leftover"), funcs{func(b []byte) (bool, bool) {
					got = append(got, b...)
					clear(b) // allowed
					calls++
					return stay(calls), true
				}, func(err error) { ended <- err }})
				want := []byte("leftover")
				for i := range 300 {
					chunk := bytes.Repeat([]byte{byte(i)}, 1+i*i%40_000)
					want = append(want, chunk...)
					if _, err := peer.Write(chunk); err != nil {
						t.Fatal(err)
					}
				}
				peer.Close()
				if err := <-ended; err != io.EOF {
					t.Errorf("end = %v, want io.EOF", err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%d bytes handled, not the %d sent", len(got), len(want))
				}
				if c.Fork() || len(ended) != 0 {
					t.Error("there was something to fork, or a second end, after the end")
				}
			})
		})
	}
}

func TestReaderStopsWhenHandleSaysSo(t *testing.T) {
	for _, leftover := range []string{"", "leftover"} {
		eachKind(t, func(t *testing.T, _ net.Conn, c socket.Conn, peer net.Conn) {
			ended := make(chan error, 2)
			c.Run([]byte(leftover), funcs{
				func([]byte) (bool, bool) { return true, false },
				func(err error) { ended <- err },
			})
			if leftover == "" {
				peer.Write([]byte("x"))
			}
			if err := <-ended; err != nil {
				t.Fatalf("end = %v, want nil", err)
			}
			// The connection is left as it is.
			go send(c, []byte("still open"))
			got := make([]byte, 10)
			if _, err := io.ReadFull(peer, got); err != nil || string(got) != "still open" {
				t.Fatalf("read %q, %v", got, err)
			}
		})
	}
}

// A handler that waits for later bytes of its own connection gets them if it forks.
func TestForkReadsOnWhileHandleWaits(t *testing.T) {
	eachKind(t, func(t *testing.T, _ net.Conn, c socket.Conn, peer net.Conn) {
		answers := make(chan string)
		forked := make(chan bool, 10)
		result := make(chan string, 1)
		ended := make(chan error, 2)
		c.Run(nil, funcs{func(b []byte) (bool, bool) {
			if b[0] != '?' {
				answers <- string(b)
				return false, true
			}
			forked <- c.Fork()
			forked <- c.Fork() // nothing more to do: it is being read
			got := <-answers
			result <- string(b) + got // b is still this call's own
			return false, false       // no longer matters
		}, func(err error) { ended <- err }})
		peer.Write([]byte("?"))
		if first, second := <-forked, <-forked; !first || second {
			t.Fatalf("Fork = %v, then %v; want true, then false", first, second)
		}
		peer.Write([]byte("!"))
		if got := <-result; got != "?!" {
			t.Fatalf("the waiting handler got %q", got)
		}
		go peer.Write([]byte("+"))
		if got := <-answers; got != "+" {
			t.Fatalf("after the forked call has returned: %q", got)
		}
		peer.Close()
		if err := <-ended; err != io.EOF {
			t.Fatalf("end = %v", err)
		}
		if len(ended) != 0 {
			t.Fatal("end was called twice")
		}
	})
}

func TestForkWhenNothingIsBeingHandled(t *testing.T) {
	eachKind(t, func(t *testing.T, _ net.Conn, c socket.Conn, peer net.Conn) {
		if c.Fork() {
			t.Error("Fork before Run")
		}
		ended := make(chan error, 1)
		c.Run(nil, ignore(func(err error) { ended <- err }))
		if c.Fork() {
			t.Error("Fork of a connection that waits")
		}
		peer.Close()
		<-ended
	})
}

// Forks from everywhere, while bytes stream in, neither lose nor repeat one.
func TestForkUnderPressure(t *testing.T) {
	eachKind(t, func(t *testing.T, _ net.Conn, c socket.Conn, peer net.Conn) {
		const total = 1 << 20
		var (
			mu      sync.Mutex
			seen    int
			running sync.WaitGroup
		)
		ended := make(chan error, 2)
		stop := make(chan struct{})
		c.Run(nil, funcs{func(b []byte) (bool, bool) {
			mu.Lock()
			seen += len(b)
			deep := seen % 3
			mu.Unlock()
			if deep > 0 {
				running.Add(1)
				defer running.Done()
				c.Fork()
			}
			if deep > 1 {
				c.Fork()
			}
			return deep == 1, true
		}, func(err error) { ended <- err }})
		var outside sync.WaitGroup
		outside.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					c.Fork()
				}
			}
		})
		chunk := make([]byte, 1021)
		for n := 0; n < total; n += len(chunk) {
			chunk = chunk[:min(len(chunk), total-n)]
			if _, err := peer.Write(chunk); err != nil {
				t.Fatal(err)
			}
		}
		peer.Close()
		if err := <-ended; err != io.EOF {
			t.Errorf("end = %v", err)
		}
		close(stop)
		outside.Wait()
		running.Wait()
		mu.Lock()
		defer mu.Unlock()
		if seen != total || len(ended) != 0 {
			t.Errorf("%d of %d bytes handled, %d more ends", seen, total, len(ended))
		}
	})
}

func TestTheEndSaysThatThisSideClosed(t *testing.T) {
	for _, early := range []bool{false, true} {
		eachKind(t, func(t *testing.T, _ net.Conn, c socket.Conn, _ net.Conn) {
			ended := make(chan error, 2)
			if early {
				c.Close()
			}
			c.Run(nil, ignore(func(err error) { ended <- err }))
			c.Close()
			err := <-ended
			if !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrClosedPipe) && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("end = %v", err)
			}
		})
	}
}

func BenchmarkReader(b *testing.B) {
	for _, stay := range []bool{false, true} {
		for name, take := range map[string]func(*socket.Pool, net.Conn) socket.Conn{
			"taken": (*socket.Pool).Take, "halves": (*socket.Pool).Halves,
		} {
			b.Run(name+map[bool]string{false: "/leaving", true: "/staying"}[stay], func(b *testing.B) {
				here, peer := tcpPair(b)
				got := make(chan struct{}, 1)
				c := take(new(socket.Pool), here)
				c.Run(nil, funcs{func([]byte) (bool, bool) {
					got <- struct{}{}
					return stay, true
				}, func(error) {}})
				msg := make([]byte, 100)
				b.ReportAllocs()
				for b.Loop() {
					peer.Write(msg)
					<-got
				}
				peer.Close()
				c.Close()
			})
		}
	}
}

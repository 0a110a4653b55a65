package socket_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"testing"

	"madang/internal/memnet"
	"madang/internal/socket"
)

func TestNoByteIsLostOrMoved(t *testing.T) {
	eachKind(t, func(t *testing.T, _ net.Conn, s socket.Conn, peer net.Conn) {
		rnd := rand.New(rand.NewPCG(1, 2))
		data := make([]byte, 4<<20)
		for i := range data {
			data[i] = byte(rnd.Uint32())
		}
		want := sha256.Sum256(data)
		sent := make(chan error, 1)
		go func() {
			for len(data) > 0 {
				n := min(1+rnd.IntN(100<<10), len(data))
				if err := send(s, data[:n]); err != nil {
					sent <- err
					return
				}
				data = data[n:]
			}
			s.Close() // what was taken is still sent
			sent <- nil
		}()
		sum := sha256.New()
		n, err := io.Copy(sum, peer)
		if !bytes.Equal(sum.Sum(nil), want[:]) {
			t.Errorf("%d bytes arrived (%v), not those that were sent", n, err)
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
}

func TestAStalledPeerIsFinishedLater(t *testing.T) {
	eachKind(t, func(t *testing.T, _ net.Conn, s socket.Conn, peer net.Conn) {
		taken := fill(t, s)
		rest := bytes.Repeat([]byte("the rest"), 5<<20) // more than buffers take that grow while nobody reads
		done := make(chan error, 2)
		s.Finish(rest, func(err error) { done <- err })
		select {
		case err := <-done:
			t.Fatalf("Finish is done (%v) before the peer has read", err)
		default:
		}
		got := make([]byte, taken+len(rest))
		if _, err := io.ReadFull(peer, got); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got[taken:], rest) {
			t.Fatal("the rest arrived changed")
		}
		read := make(chan error, 1)
		go func() {
			_, err := io.ReadFull(peer, got[:5])
			read <- err
		}()
		if n, again, err := s.TryWrite([]byte("after")); n != 5 || again || err != nil {
			t.Fatalf("TryWrite after Finish = %d, %v, %v", n, again, err)
		}
		if err := <-read; err != nil || string(got[:5]) != "after" {
			t.Fatalf("read %q, %v", got[:5], err)
		}
		if len(done) != 0 {
			t.Fatal("done was called twice")
		}
	})
}

func TestCloseAndAbortEndEverything(t *testing.T) {
	ways := map[string]func(socket.Socket){
		"Close": func(s socket.Socket) { s.Close(); s.Close() },
		"Abort": func(s socket.Socket) { s.Abort(); s.Abort() },
		"both":  func(s socket.Socket) { s.Close(); s.Abort() },
	}
	for way, end := range ways {
		t.Run(way, func(t *testing.T) {
			eachKind(t, func(t *testing.T, _ net.Conn, s socket.Conn, _ net.Conn) {
				ended := make(chan error, 2)
				s.Run(nil, ignore(func(err error) { ended <- err }))
				fill(t, s)
				done := make(chan error, 2)
				s.Finish(make([]byte, 64<<20), func(err error) { done <- err }) // more than buffers that grow ever take
				end(s)
				if err := <-done; err == nil {
					t.Error("Finish ended without an error")
				}
				if err := <-ended; err == nil {
					t.Error("the Reader ended without an error")
				}
				if _, _, err := s.TryWrite([]byte("x")); !errors.Is(err, net.ErrClosed) {
					t.Errorf("TryWrite = %v", err)
				}
				s.Finish([]byte("x"), func(err error) { done <- err })
				if err := <-done; err == nil {
					t.Error("Finish after the end has no error")
				}
			})
		})
	}
}

func TestAbortIsAReset(t *testing.T) {
	eachKind(t, func(t *testing.T, here net.Conn, s socket.Conn, peer net.Conn) {
		switch here.(type) {
		case *net.TCPConn, *memnet.Conn, interface{ NetConn() net.Conn }:
		default:
			return // these know no reset; that they end is tested elsewhere
		}
		fill(t, s)
		s.Abort()
		if _, err := io.Copy(io.Discard, peer); !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("the peer's end is %v, want a reset", err)
		}
	})
}

func TestCloseWriteKeepsReading(t *testing.T) {
	eachKind(t, func(t *testing.T, here net.Conn, s socket.Conn, peer net.Conn) {
		if _, ok := here.(interface{ CloseWrite() error }); !ok {
			return // net.Pipe has no halves
		}
		in := make(chan string, 10)
		s.Run(nil, funcs{func(b []byte) (bool, bool) {
			in <- string(b)
			return false, true
		}, func(error) { close(in) }})
		if err := send(s, []byte("last word")); err != nil {
			t.Fatal(err)
		}
		s.CloseWrite()
		s.CloseWrite()
		got, err := io.ReadAll(peer)
		if string(got) != "last word" || err != nil {
			t.Fatalf("the peer read %q, %v", got, err)
		}
		if _, err := peer.Write([]byte("goodbye")); err != nil {
			t.Fatal(err)
		}
		if got := <-in; got != "goodbye" {
			t.Fatalf("read %q after CloseWrite", got)
		}
		if _, _, err := s.TryWrite([]byte("x")); err == nil {
			t.Fatal("TryWrite after CloseWrite has no error")
		}
		s.Close()
		if _, more := <-in; more {
			t.Fatal("the Reader goes on after Close")
		}
	})
}

func TestTryWriteDoesNotAllocate(t *testing.T) {
	eachKind(t, func(t *testing.T, here net.Conn, s socket.Conn, peer net.Conn) {
		switch here.(type) {
		case *net.TCPConn, *net.UnixConn:
		default:
			return // those have a buffer
		}
		var wg sync.WaitGroup
		wg.Go(func() { io.Copy(io.Discard, peer) })
		b := make([]byte, 200)
		if n := testing.AllocsPerRun(200, func() { s.TryWrite(b) }); n != 0 {
			t.Errorf("%v allocations for each TryWrite", n)
		}
		s.Close()
		wg.Wait()
	})
}

func TestAWriteToAPeerThatHasGoneFails(t *testing.T) {
	eachKind(t, func(t *testing.T, _ net.Conn, s socket.Conn, peer net.Conn) {
		peer.Close()
		for {
			// The first writes may be taken by a buffer; then the peer's reset or its absence shows.
			_, again, err := s.TryWrite(make([]byte, 1<<10))
			if err != nil {
				return
			}
			if again {
				done := make(chan error)
				s.Finish([]byte("x"), func(err error) { done <- err })
				if err := <-done; err != nil {
					return
				}
			}
		}
	})
}

func BenchmarkTryWrite(b *testing.B) {
	for _, k := range kinds[:3] {
		b.Run(k.name, func(b *testing.B) {
			here, peer := k.pair(b)
			s := new(socket.Pool).Take(here)
			go io.Copy(io.Discard, peer)
			msg := make([]byte, 142)
			b.ReportAllocs()
			for b.Loop() {
				if err := send(s, msg); err != nil {
					b.Fatal(err)
				}
			}
			s.Close()
			peer.Close()
		})
	}
}

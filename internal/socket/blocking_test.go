package socket_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"madang/internal/memnet"
	"madang/internal/socket"
)

// A plain conn hides what a memnet.Conn can do beyond net.Conn.
type plain struct{ net.Conn }

func TestBlockingTakesABoundedAmount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, peer := memnet.Pipe(1000)
		defer peer.Close()
		s := socket.New(plain{here})
		defer s.Abort()
		// 1,000 in the connection, and at most 64 KiB each with the writer and waiting for it.
		if n := fill(t, s); n < 64<<10 || n > 1000+128<<10 {
			t.Fatalf("took %d bytes for a peer that does not read", n)
		}
		if n, again, err := s.TryWrite([]byte("x")); n != 0 || !again || err != nil {
			t.Fatalf("TryWrite on a full Socket = %d, %v, %v", n, again, err)
		}
	})
}

func TestBlockingCloseSendsWhatWasTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, peer := memnet.Pipe(10)
		s := socket.New(here)
		want := bytes.Repeat([]byte("0123456789"), 1000)
		if n, again, err := s.TryWrite(want); n != len(want) || again || err != nil {
			t.Fatalf("TryWrite = %d, %v, %v", n, again, err)
		}
		s.Close()
		got, err := io.ReadAll(peer)
		if !bytes.Equal(got, want) || err != nil {
			t.Fatalf("the peer read %d bytes, %v; want all %d", len(got), err, len(want))
		}
	})
}

func TestBlockingCloseDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, peer := memnet.Pipe(10)
		s := new(socket.Pool).Take(here)
		ended := make(chan error, 1)
		s.Run(nil, ignore(func(err error) { ended <- err }))
		fill(t, s)
		start := time.Now()
		s.Close()
		if <-ended; time.Since(start) != 0 {
			t.Fatalf("the reader went on for %v", time.Since(start))
		}
		peer.Stall(true)
		time.Sleep(time.Minute)
		peer.Stall(false)
		if n, err := io.Copy(io.Discard, peer); n != 10 || err != nil {
			t.Fatalf("a minute later the peer reads %d bytes, %v; want what the connection held", n, err)
		}
	})
}

func TestBlockingOverTLSInFakeTime(t *testing.T) {
	server, client := tlsConfigs() // real sockets stay outside the bubble
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Pipe(20_000)
		here, peer := shake(t, tls.Server(a, server), tls.Client(b, client))
		s := socket.New(here)
		taken := fill(t, s)
		done := make(chan error, 1)
		s.Finish([]byte("rest"), func(err error) { done <- err })
		time.Sleep(time.Hour) // a stall is no error
		if len(done) != 0 {
			t.Fatal("Finish is done during the stall")
		}
		got := make([]byte, taken+4)
		if _, err := io.ReadFull(peer, got); err != nil || string(got[taken:]) != "rest" {
			t.Fatalf("after the stall: %q, %v", got[taken:], err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		s.Close()
		if _, err := peer.Read(got); err != io.EOF {
			t.Fatalf("the peer's end = %v", err)
		}
		peer.Close()
	})
}

package memnet_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"madang/internal/memnet"
)

var (
	_ net.Conn     = (*memnet.Conn)(nil)
	_ net.Listener = (*memnet.Listener)(nil)
)

func TestBytesArriveInOrderThroughASmallBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Pipe(7)
		sent := bytes.Repeat([]byte("0123456789abcdef"), 100)
		go func() {
			if n, err := a.Write(sent); n != len(sent) || err != nil {
				t.Errorf("Write = %d, %v", n, err)
			}
			a.Close()
		}()
		got, err := io.ReadAll(b)
		if err != nil || !bytes.Equal(got, sent) {
			t.Fatalf("read %d bytes, %v; want the %d sent", len(got), err, len(sent))
		}
	})
}

func TestAPeerThatDoesNotReadHoldsTheWriterUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Pipe(10)
		b.Stall(true)
		read := make(chan string, 1)
		go func() {
			buf := make([]byte, 100)
			n, _ := b.Read(buf)
			read <- string(buf[:n])
		}()
		a.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := a.Write(make([]byte, 11))
		if n != 10 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("Write into a stalled peer = %d, %v; want 10 and a timeout", n, err)
		}
		if b.Unread() != 10 || len(read) != 0 {
			t.Fatalf("%d unread bytes, %d reads; want 10 and none", b.Unread(), len(read))
		}
		b.Stall(false)
		if got := <-read; len(got) != 10 {
			t.Fatalf("read %q after the stall, want ten bytes", got)
		}
	})
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Pipe(0)
		start := time.Now()
		a.SetDeadline(start.Add(time.Minute))
		_, err := a.Read(make([]byte, 1))
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() || time.Since(start) != time.Minute {
			t.Fatalf("Read = %v after %v, want a timeout after a minute", err, time.Since(start))
		}
		if _, err := a.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("Write after the deadline = %v", err)
		}
		a.SetDeadline(time.Time{})
		go func() {
			time.Sleep(time.Hour)
			b.Write([]byte("x"))
		}()
		if n, err := a.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Fatalf("Read without a deadline = %d, %v", n, err)
		}
		// A deadline set while a Read waits counts for it.
		go func() {
			time.Sleep(time.Second)
			a.SetReadDeadline(time.Now())
		}()
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("Read = %v, want a timeout", err)
		}
	})
}

func TestEnds(t *testing.T) {
	one := make([]byte, 1)
	t.Run("half close", func(t *testing.T) {
		a, b := memnet.Pipe(0)
		a.Write([]byte("x"))
		a.CloseWrite()
		got, err := io.ReadAll(b)
		if string(got) != "x" || err != nil {
			t.Fatalf("read %q, %v", got, err)
		}
		b.Write([]byte("y"))
		if n, err := a.Read(one); n != 1 || err != nil {
			t.Fatalf("the other direction: %d, %v", n, err)
		}
		if _, err := a.Write(one); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("Write after CloseWrite = %v", err)
		}
	})
	t.Run("close", func(t *testing.T) {
		a, b := memnet.Pipe(0)
		a.Close()
		if _, err := a.Read(one); !errors.Is(err, net.ErrClosed) {
			t.Errorf("own Read = %v", err)
		}
		if _, err := b.Read(one); err != io.EOF {
			t.Errorf("peer's Read = %v", err)
		}
		if _, err := b.Write(one); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("peer's Write = %v", err)
		}
	})
	t.Run("abort", func(t *testing.T) {
		a, b := memnet.Pipe(0)
		a.Write(one)
		a.Abort()
		if n, err := b.Read(one); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("peer's Read = %d, %v", n, err)
		}
		if _, err := b.Write(one); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("peer's Write = %v", err)
		}
		if _, err := a.Read(one); !errors.Is(err, net.ErrClosed) {
			t.Errorf("own Read = %v", err)
		}
	})
}

func TestListenerServesHTTPInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := memnet.Listen(0)
		slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Hour)
			io.Copy(w, r.Body)
		})
		srv := &http.Server{Handler: slow}
		served := make(chan error, 1)
		go func() { served <- srv.Serve(ln) }()
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return ln.Dial(ctx)
		}}
		client := &http.Client{Transport: transport}
		res, err := client.Post("http://mem/", "text/plain", strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if string(body) != "hello" || err != nil {
			t.Fatalf("body %q, %v", body, err)
		}
		res.Body.Close()
		transport.CloseIdleConnections()
		srv.Close()
		if err := <-served; err != http.ErrServerClosed {
			t.Fatal(err)
		}
		if _, err := ln.Dial(t.Context()); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("Dial after Close = %v", err)
		}
	})
}

func TestDialEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := memnet.Listen(0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := ln.Dial(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Dial without Accept = %v", err)
		}
	})
}

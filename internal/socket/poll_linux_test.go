package socket_test

import (
	"net"
	"syscall"
	"testing"

	"madang/internal/socket"
)

// Handlers that wait, however many, do not keep others from being served.
func TestHandlersThatWaitHinderNobody(t *testing.T) {
	pool := new(socket.Pool)
	release := make(chan struct{})
	waiting := make(chan struct{})
	ended := make(chan error)
	var peers []net.Conn
	for range 100 {
		here, peer := tcpPair(t)
		peers = append(peers, peer)
		c := pool.Take(here)
		c.Run(nil, funcs{func([]byte) (bool, bool) {
			waiting <- struct{}{}
			<-release
			return false, true
		}, func(err error) {
			c.Close()
			ended <- err
		}})
	}
	here, peer := tcpPair(t)
	peers = append(peers, peer)
	echo := pool.Take(here)
	echo.Run(nil, funcs{func(b []byte) (bool, bool) {
		echo.TryWrite(b)
		return false, true
	}, func(err error) {
		echo.Close()
		ended <- err
	}})
	for _, p := range peers[:100] {
		p.Write([]byte("x"))
	}
	for range 100 { // all at once
		<-waiting
	}
	b := make([]byte, 1)
	for range 100 {
		peer.Write([]byte("?"))
		if n, err := peer.Read(b); n != 1 || err != nil {
			t.Fatal(err)
		}
	}
	close(release)
	for _, p := range peers {
		p.Close()
	}
	for range peers {
		<-ended
	}
}

func TestReadingDoesNotAllocate(t *testing.T) {
	here, peer := tcpPair(t)
	c := new(socket.Pool).Take(here)
	got := make(chan struct{})
	ended := make(chan error)
	c.Run(nil, funcs{func([]byte) (bool, bool) {
		got <- struct{}{}
		return false, true
	}, func(err error) { ended <- err }})
	msg := []byte("hello")
	if n := testing.AllocsPerRun(500, func() {
		peer.Write(msg)
		<-got
	}); n != 0 {
		t.Errorf("%v allocations for each read", n)
	}
	peer.Close()
	<-ended
	c.Close()
}

// Without a descriptor to spare, a connection goes on as it is.
func TestTakeWithoutDescriptorsToSpare(t *testing.T) {
	here, peer := tcpPair(t)
	defer peer.Close()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 1, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	c := new(socket.Pool).Take(here)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := make(chan string, 1)
	c.Run(nil, funcs{func(b []byte) (bool, bool) {
		in <- string(b)
		return false, true
	}, func(error) {}})
	peer.Write([]byte("hello"))
	if got := <-in; got != "hello" {
		t.Fatalf("read %q", got)
	}
}

package socket

import (
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// maxEvents is how many events are fetched at once.
const maxEvents = 256

// edges is what a polled connection is registered for, once and for all. syscall.EPOLLET is negative on some systems.
const edges = syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLRDHUP | 1<<31

// A poller waits for all connections of a Pool at once, so that one of them holds no goroutine while it is silent. It
// lives as long as there are any.
//
// It is an epoll instance of its own, with edge-triggered registrations that are never changed. The instance itself
// waits in the runtime's: a goroutine that blocks in epoll_wait(2) would cost a thread, and taking a processor away and
// giving it back for every few events.
type poller struct {
	pool *Pool
	file *os.File // the instance
	fd   int      // its descriptor
	crew crew

	mu    sync.Mutex
	conns []*polled // by descriptor
	live  int
	last  int32 // generation

	// Of the goroutine that waits.
	events [maxEvents]syscall.EpollEvent
	n      int
	awake  [maxEvents]*polled
}

// pollers is what a Pool knows of its poller.
type pollers struct {
	mu      sync.Mutex
	current *poller // nil: there are no connections to wait for
}

// poll makes the Conn of a plain TCP or Unix socket. It returns nil for others, and when the system refuses: nc is then
// as before.
func (p *Pool) poll(nc net.Conn) Conn {
	rc := rawConn(nc)
	if rc == nil {
		return nil
	}
	fd, err := duplicate(rc)
	if err != nil {
		return nil
	}
	c, err := p.register(fd)
	if err != nil {
		_ = syscall.Close(fd)
		return nil
	}
	// The connection lives on in the duplicate. What goes is what net and the runtime hold of it.
	_ = nc.Close()
	return c
}

// duplicate returns a descriptor of the same socket.
func duplicate(rc syscall.RawConn) (fd int, err error) {
	if ctl := rc.Control(func(from uintptr) {
		n, _, e := syscall.Syscall(syscall.SYS_FCNTL, from, syscall.F_DUPFD_CLOEXEC, 0)
		if fd = int(n); e != 0 {
			err = e
		}
	}); ctl != nil {
		err = ctl
	}
	return fd, err
}

// register makes the Conn of a descriptor, and a poller if there is none.
func (p *Pool) register(fd int) (*polled, error) {
	p.polling.mu.Lock()
	defer p.polling.mu.Unlock()
	l := p.polling.current
	if l == nil {
		var err error
		if l, err = newPoller(p); err != nil {
			return nil, err
		}
		go l.run()
	}
	c, err := l.add(fd)
	if err != nil {
		if p.polling.current == nil {
			l.end()
		}
		return nil, err
	}
	p.polling.current = l
	return c, nil
}

func newPoller(p *Pool) (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("socket: make an epoll instance: %w", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // for os.NewFile: the runtime may wait for it
		_ = syscall.Close(fd)
		return nil, fmt.Errorf("socket: make an epoll instance non-blocking: %w", err)
	}
	l := &poller{pool: p, fd: fd, file: os.NewFile(uintptr(fd), "epoll")}
	if err := l.file.SetReadDeadline(time.Time{}); err != nil { // it has none: the runtime won't wait for it
		_ = l.file.Close()
		return nil, fmt.Errorf("socket: wait for an epoll instance: %w", err)
	}
	return l, nil
}

// add registers a descriptor. Whatever is ready already counts as the first edge.
func (l *poller) add(fd int) (*polled, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	c := &polled{poller: l, fd: int32(fd), generation: l.last}
	c.state.Store(busy) // until Run
	for len(l.conns) <= fd {
		l.conns = append(l.conns, nil)
	}
	ev := syscall.EpollEvent{Events: edges, Fd: c.fd, Pad: c.generation}
	if err := syscall.EpollCtl(l.fd, syscall.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return nil, fmt.Errorf("socket: register with epoll: %w", err)
	}
	l.conns[fd] = c
	l.live++
	return c, nil
}

// remove forgets a connection whose descriptor is about to be closed: from then on the number may be another's. The
// last one takes the poller with it.
func (l *poller) remove(c *polled) {
	l.pool.polling.mu.Lock()
	defer l.pool.polling.mu.Unlock()
	l.mu.Lock()
	l.conns[c.fd] = nil
	l.live--
	over := l.live == 0
	l.mu.Unlock()
	if over {
		l.pool.polling.current = nil
		l.end()
	}
}

// end lets the goroutines go. Connections that wait for their last turn still get it.
func (l *poller) end() {
	_ = l.file.Close()
	l.crew.end()
}

// run is the goroutine that waits. It does nothing that could block.
func (l *poller) run() {
	rc, err := l.file.SyscallConn()
	if err != nil {
		return // closed already
	}
	fetch := l.fetch
	for rc.Read(fetch) == nil {
		l.dispatch()
	}
}

// fetch is one epoll_wait(2) that does not wait. It says whether there was something.
func (l *poller) fetch(fd uintptr) bool {
	for {
		n, _, e := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(&l.events)), maxEvents, 0, 0, 0)
		switch e {
		case 0:
			l.n = int(n)
			return n > 0
		case syscall.EINTR:
		default: // impossible with an instance that is open
			panic(fmt.Sprintf("socket: epoll_wait: %v", e))
		}
	}
}

// dispatch lets connections have what was fetched for them.
func (l *poller) dispatch() {
	events := l.events[:l.n]
	l.mu.Lock()
	for i := range events {
		// An event may be older than the connection that has its descriptor now.
		c := l.conns[events[i].Fd]
		if c != nil && c.generation != events[i].Pad {
			c = nil
		}
		l.awake[i] = c
	}
	l.mu.Unlock()
	var ready queue
	for i := range events {
		c, what := l.awake[i], events[i].Events
		l.awake[i] = nil
		if c == nil {
			continue
		}
		const failed = syscall.EPOLLERR | syscall.EPOLLHUP
		if what&(syscall.EPOLLOUT|failed) != 0 {
			c.writable()
		}
		var more uint32
		if what&(syscall.EPOLLRDHUP|failed) != 0 {
			more = over
		}
		if what&(syscall.EPOLLIN|syscall.EPOLLRDHUP|failed) != 0 && c.edge(more) {
			ready.push(c)
		}
	}
	l.crew.add(ready)
}

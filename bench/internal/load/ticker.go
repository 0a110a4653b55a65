//go:build linux

package load

import (
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// A ticker is a timerfd: epoll_wait itself counts in whole milliseconds, too
// coarse to pace a thousand messages a second.
type ticker struct {
	fd int
	do func(times int)
}

// Every calls do once for every period, on the loop's thread. When the loop was
// busy for longer, one call stands for several periods: times says how many.
// The ticker ends with the function that Every returns, or with the Loop.
func (l *Loop) Every(period time.Duration, do func(times int)) (stop func(), err error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("load: create a timer: %w", err)
	}
	ts := unix.NsecToTimespec(period.Nanoseconds())
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: ts, Value: ts}, nil); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("load: set a timer to %v: %w", period, err)
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("load: add a timer to epoll: %w", err)
	}
	l.tickers[int32(fd)] = &ticker{fd: fd, do: do}
	return func() {
		if l.tickers[int32(fd)] != nil {
			delete(l.tickers, int32(fd))
			unix.Close(fd)
		}
	}, nil
}

func (t *ticker) fire() {
	var count [8]byte
	if n, err := unix.Read(t.fd, count[:]); err != nil || n != len(count) {
		return // it has not expired, after all
	}
	t.do(int(binary.NativeEndian.Uint64(count[:])))
}

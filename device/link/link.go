package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"madang"
	"madang/device"
	"madang/device/pairing"
	"madang/internal/retry"
)

// A Home is what is at home. Its methods may be called at the same time.
type Home interface {
	// Devices returns all devices, with what they report and its versions.
	Devices(ctx context.Context) ([]device.Device, error)
	// Order commands a device on the box's own authority. The same id again is the same command. It is not delivered any more
	// once within has passed. Order returns when the command has ended.
	Order(ctx context.Context, id, device string, set device.Values, within time.Duration) (device.Command, error)
	// Watch calls f after everything that happens, until stop. f does not wait.
	Watch(ctx context.Context, f func(Happening)) (stop func(), err error)
	// ShowForeign shows a code of the cloud's on the box's display, with who asks and from where; ClearForeign ends that, and
	// AlarmForeign says that the cloud gives no codes for this box until somebody presses the button.
	ShowForeign(ctx context.Context, id, code, who, from string, expiresIn time.Duration) error
	ClearForeign(ctx context.Context, id string, why pairing.End)
	AlarmForeign(ctx context.Context)
}

// A Happening is something that happened at home.
type Happening int

// Happenings.
const (
	Changed   Happening = iota // a device, or which there are
	Pressed                    // the button on the box
	Withdrawn                  // the code on the display is not wanted
)

// A Line is a connection to the cloud, which knows the box on the other end.
type Line interface {
	// Call calls a procedure of the cloud and returns its reply. An error that is a *madang.Refusal is the cloud's; after any
	// other the line is of no use.
	Call(ctx context.Context, procedure string, argument any) (json.RawMessage, error)
	// Done is closed when the line has ended, and Err says why.
	Done() <-chan struct{}
	Err() error
	Close() error
}

// A Dial makes a line as a hub, which proves itself by its serial and its secret, and gives hear the events that come, one
// after another. madang.ErrUnauthenticated and madang.ErrForbidden: the cloud does not let the box in.
type Dial func(ctx context.Context, serial, secret string, hear func(event string, data json.RawMessage)) (Line, error)

// A Status is how the line is.
type Status struct {
	Connected bool
	Err       error         // why it is not; nil if it is, or was never tried
	Wait      time.Duration // until it is tried again
}

// Deps are what a Link needs of others.
type Deps struct {
	Home   Home
	Dial   Dial
	Status func(Status) // told when it changes; nil: nobody
	Log    *slog.Logger // nil: none
}

// Waits before the line is tried again.
const (
	firstWait = time.Second
	mostWait  = time.Minute
	slowWait  = 5 * time.Minute // when the cloud does not let the box in
	steady    = 30 * time.Second
)

// A Link is a box's link to the cloud. Make it with New, then Start it.
type Link struct {
	Deps
	config Config
	orders orders
	pile   pile
	stop   context.CancelFunc
	work   sync.WaitGroup
}

// New returns a Link.
func New(c Config, d Deps) (*Link, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if !c.On() || c.Serial == "" || d.Home == nil || d.Dial == nil {
		return nil, errors.New("link: a link needs an address, a serial, a home and something that dials")
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Status == nil {
		d.Status = func(Status) {}
	}
	l := &Link{Deps: d, config: c}
	l.pile.wake = make(chan struct{}, 1)
	l.orders.link = l
	return l, nil
}

// Start begins to watch the home and to keep the line, until Close.
func (l *Link) Start(ctx context.Context) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	unwatch, err := l.Home.Watch(ctx, l.pile.happened)
	if err != nil {
		stop()
		return fmt.Errorf("link: watch the home: %w", err)
	}
	l.stop = stop
	l.work.Go(func() {
		defer unwatch()
		l.keep(ctx)
	})
	return nil
}

// Close ends what Start began. What is being carried out is waited for no longer.
func (l *Link) Close() error {
	if l.stop != nil {
		l.stop()
		l.work.Wait()
	}
	return nil
}

// keep keeps the line.
func (l *Link) keep(ctx context.Context) {
	waits := retry.Backoff{First: firstWait, Most: mostWait}
	failed, wasIn := 0, false
	for {
		begun := time.Now()
		in, err := l.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(begun) >= steady {
			failed = 0
		}
		wasIn = wasIn || in
		failed++
		wait := waits.After(failed)
		switch {
		case !keptOut(err):
			l.Log.Warn("link: there is no line to the cloud; everything at home goes on", "url", l.config.URL, "error", err, "next", wait)
		case wasIn:
			wait = retry.Spread(slowWait)
			l.Log.Error("link: the cloud does not let this box in any more: it was removed there, or has been given another secret. "+
				"If that was not meant, make it known there again (madang hub add) and set device.link.secret",
				"url", l.config.URL, "serial", l.config.Serial, "error", err, "next", wait)
		default:
			wait = retry.Spread(slowWait)
			l.Log.Error("link: the cloud does not let this box in: it does not know the serial, or the secret is another. "+
				"Make the box known there (madang hub add) and set device.link.serial and device.link.secret",
				"url", l.config.URL, "serial", l.config.Serial, "error", err, "next", wait)
		}
		l.Status(Status{Err: err, Wait: wait})
		if retry.Sleep(ctx, wait) != nil {
			return
		}
	}
}

// keptOut reports whether the cloud does not want this box.
func keptOut(err error) bool {
	return errors.Is(err, madang.ErrUnauthenticated) || errors.Is(err, madang.ErrForbidden) || errors.Is(err, madang.ErrNotFound)
}

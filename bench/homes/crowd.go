//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"madang/bench/internal/stats"
	"madang/bench/internal/wire"
	"madang/dialect/socketio/client"
)

const (
	atOnce   = 50 // boxes that connect at a time
	patience = 30 * time.Second
)

// A crowd is the boxes, and people with them.
type crowd struct {
	url   string
	boxes []*box
	mu    sync.Mutex
	err   error // the first thing that went wrong
}

// fail notes what went wrong.
func (c *crowd) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
}

func (c *crowd) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// A box does what it is told: it says that it has, and reports how the device is now.
type box struct {
	crowd   *crowd
	conn    *client.Conn
	version int64
}

// declared is a device as a box says that it has it.
type declared struct {
	ID           string         `json:"id"`
	Name         string         `json:"name"`
	Capabilities []string       `json:"capabilities"`
	Reported     map[string]any `json:"reported"`
	Version      int64          `json:"version"`
}

// gather connects the boxes, some at a time, and has them say what devices they have.
func gather(ctx context.Context, port int, proofs []string, o *options) (*crowd, error) {
	c := &crowd{url: fmt.Sprintf("http://127.0.0.1:%d/home", port), boxes: make([]*box, len(proofs))}
	var all sync.WaitGroup
	next := make(chan int)
	for range atOnce {
		all.Go(func() {
			for i := range next {
				if err := c.connect(ctx, i, proofs[i], o.devices); err != nil {
					c.fail(fmt.Errorf("box %d: %w", i, err))
				}
			}
		})
	}
	for i := range proofs {
		next <- i
	}
	close(next)
	all.Wait()
	return c, c.failed()
}

func (c *crowd) connect(ctx context.Context, i int, proof string, devices int) error {
	b := &box{crowd: c, version: 1}
	conn, err := client.Dial(ctx, client.Config{
		URL: c.url, Auth: map[string]string{"token": proof}, Events: map[string]func(*client.Event){"command": b.obey},
	})
	if err != nil {
		return err
	}
	b.conn, c.boxes[i] = conn, b
	list := make([]declared, devices)
	for d := range list {
		list[d] = declared{deviceID(d), fmt.Sprint("Lamp ", d), []string{"switch"}, map[string]any{"on": false}, 1}
	}
	ctx, done := context.WithTimeout(ctx, patience)
	defer done()
	_, err = conn.Call(ctx, "device.hello", map[string]any{"devices": list})
	return err
}

func deviceID(n int) string { return fmt.Sprint("lamp-", n) }

// obey handles a command. Handlers run one after another, so the answer is awaited elsewhere.
func (b *box) obey(e *client.Event) {
	var cmd struct {
		ID     string         `json:"id"`
		Device string         `json:"device"`
		Set    map[string]any `json:"set"`
	}
	if err := e.Bind(&cmd); err != nil {
		b.crowd.fail(fmt.Errorf("a command: %w", err))
		return
	}
	b.version++
	report := map[string]any{"device": cmd.Device, "values": cmd.Set, "version": b.version}
	answer := map[string]any{"command": cmd.ID, "done": true}
	conn := e.Conn()
	go func() {
		ctx, done := context.WithTimeout(context.Background(), patience)
		defer done()
		_, reported := conn.Call(ctx, "device.report", report)
		_, answered := conn.Call(ctx, "device.answer", answer)
		if err := errors.Join(reported, answered); err != nil && !errors.Is(err, client.ErrClosed) {
			b.crowd.fail(err)
		}
	}()
}

// command has people command, each a device of their own box after another, and returns how long that took them.
func (c *crowd) command(ctx context.Context, secret string, o *options) (*stats.Histogram, error) {
	people := make([]*client.Conn, o.people)
	for i := range people {
		token := wire.Token(secret, fmt.Sprint("person-", i), time.Now())
		var err error
		if people[i], err = client.Dial(ctx, client.Config{URL: c.url, Auth: map[string]string{"token": token}}); err != nil {
			return nil, fmt.Errorf("person %d: %w", i, err)
		}
		defer people[i].Close()
	}
	var waits stats.Histogram
	var mu sync.Mutex
	var all sync.WaitGroup
	end := time.Now().Add(o.lasts)
	for i, conn := range people {
		all.Go(func() {
			for n := 0; time.Now().Before(end) && ctx.Err() == nil; n++ {
				took, err := one(ctx, conn, fmt.Sprint("box-", i), n, o.devices)
				if err != nil {
					c.fail(fmt.Errorf("person %d: %w", i, err))
					return
				}
				mu.Lock()
				waits.Add(took)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return &waits, errors.Join(ctx.Err(), c.failed())
}

// one gives a command and waits until the box has carried it out.
func one(ctx context.Context, conn *client.Conn, hub string, n, devices int) (time.Duration, error) {
	ctx, done := context.WithTimeout(ctx, patience)
	defer done()
	begun := time.Now()
	order := map[string]any{"hub": hub, "device": deviceID(n % devices), "set": map[string]any{"on": n/devices%2 == 0}}
	reply, err := conn.Call(ctx, "device.command", order)
	if err != nil {
		return 0, err
	}
	var got struct{ State string }
	if err := reply.Bind(&got); err != nil {
		return 0, err
	}
	if got.State != "done" {
		return 0, fmt.Errorf("the command was answered by %.300s", reply.Raw(0))
	}
	return time.Since(begun), nil
}

// close ends the boxes' connections.
func (c *crowd) close() {
	for _, b := range c.boxes {
		if b != nil {
			_ = b.conn.Close() // nothing is expected of it any more
		}
	}
}

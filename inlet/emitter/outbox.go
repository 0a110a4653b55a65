package emitter

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

// Bounds of what waits to be sent. What comes when it is full is not sent.
const (
	maxOutbox      = 4096
	maxOutboxBytes = 16 << 20
	sendTime       = 3 * time.Second
	batch          = 128
)

// A publication is a message to other servers.
type publication struct {
	channel string // empty: it is for the stream
	text    []byte // JSON
	parts   [][]byte
	packed  bool   // send it as MessagePack
	entry   *entry // for the stream: text is its data
}

// An entry is what surrounds the data of an entry of the stream.
type entry struct {
	namespace string
	kind      int
}

func (p *publication) size() int {
	n := len(p.channel) + len(p.text)
	for _, b := range p.parts {
		n += len(b)
	}
	return n
}

// An outbox is what waits to be sent, in its order.
type outbox struct {
	wake  chan struct{}
	mu    sync.Mutex
	list  []publication
	bytes int
}

// put adds a publication. It does not wait.
func (o *outbox) put(i *Inlet, p publication) {
	o.mu.Lock()
	full := len(o.list) >= maxOutbox || o.bytes+p.size() > maxOutboxBytes
	if !full {
		o.list = append(o.list, p)
		o.bytes += p.size()
	}
	o.mu.Unlock()
	if full {
		i.count.untold.Add(1)
		return
	}
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// take returns the next few.
func (o *outbox) take() []publication {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := min(len(o.list), batch)
	some := o.list[:n:n]
	o.list = o.list[n:]
	if len(o.list) == 0 {
		o.list = nil
	}
	for k := range some {
		o.bytes -= some[k].size()
	}
	return some
}

// publish sends what is in the outbox until the connection or ctx ends. What could not be sent is not tried again: it may have
// arrived.
func (i *Inlet) publish(ctx context.Context, client rueidis.Client) error {
	for {
		some := i.outbox.take()
		if len(some) == 0 {
			select {
			case <-i.outbox.wake:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := i.send(ctx, client, some); err != nil {
			return err
		}
	}
}

func (i *Inlet) send(ctx context.Context, client rueidis.Client, some []publication) error {
	ctx, done := context.WithTimeout(ctx, sendTime)
	defer done()
	var commands rueidis.Commands
	for k := range some {
		c, err := i.command(client, &some[k])
		if err != nil {
			i.ignore(&i.count.untold, some[k].channel, err.Error())
			continue
		}
		commands = append(commands, c)
	}
	var lost error
	for _, r := range client.DoMulti(ctx, commands...) {
		err := r.Error()
		if err == nil {
			i.count.told.Add(1)
			continue
		}
		i.count.untold.Add(1)
		if _, said := rueidis.IsRedisErr(err); said {
			i.log.Warn("Redis refuses what other Socket.IO servers are told", "error", err)
			continue
		}
		lost = err
	}
	if lost != nil {
		return fmt.Errorf("tell other servers: %w", lost)
	}
	return nil
}

// command writes a publication.
func (i *Inlet) command(client rueidis.Client, p *publication) (rueidis.Completed, error) {
	data := p.text
	if p.packed {
		var err error
		if data, err = pack(p.text, p.parts); err != nil {
			return rueidis.Completed{}, err
		}
	}
	if p.entry == nil {
		if p.channel == "" {
			return rueidis.Completed{}, errors.New("a message without a channel")
		}
		return client.B().Publish().Channel(p.channel).Message(string(data)).Build(), nil
	}
	text := string(data)
	if p.packed {
		text = base64.StdEncoding.EncodeToString(data)
	}
	return client.B().Xadd().Key(i.config.Stream).Maxlen().Almost().Threshold(strconv.Itoa(i.config.StreamLength)).Id("*").
		FieldValue().FieldValue("uid", i.streamUID()).FieldValue("nsp", p.entry.namespace).FieldValue("type", strconv.Itoa(p.entry.kind)).
		FieldValue("data", text).Build(), nil
}

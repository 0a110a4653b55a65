package laravel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// DiagnoseTime is how long to listen if nobody says otherwise.
const DiagnoseTime = 30 * time.Second

// progressEvery is how often Diagnose says that it is still there.
const progressEvery = 5 * time.Second

// Diagnose listens to everything that is published in Laravel's Redis for a while and writes what it hears: which channels
// an Inlet of that configuration would deliver, and which it would ignore and why, with the setting to change. It
// returns an error if Redis cannot be heard; what it has not heard is none. It ends early, with its report, when ctx does.
//
// Unlike an Inlet it needs a Redis user that may listen to all channels; without one it listens to the prefixes only.
func Diagnose(ctx context.Context, c Config, w io.Writer, listening time.Duration) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if !c.On() {
		return errors.New("laravel: neither url nor addresses says where Redis is")
	}
	dialer, err := newDialer(c)
	if err != nil {
		return err
	}
	d := &diagnosis{w: w, config: c, prefixes: newPrefixes(c.Prefixes), channels: map[string]*heard{}}
	life, end := context.WithCancel(ctx)
	defer end()
	client, err := dialer.dial(life)
	if err != nil {
		return d.unreachable(err)
	}
	defer client.Close()
	defer end()
	d.sayf("Redis at %s answers.\n", c.place())
	d.patterns(ctx, client)
	err = d.listen(life, client, "*", listening)
	if err != nil && strings.Contains(err.Error(), "NOPERM") {
		d.sayf("This Redis user may not listen to all channels, so only the configured prefixes are listened to.\n")
		err = d.listen(life, client, "", listening)
	}
	if err != nil {
		return d.unreachable(err)
	}
	d.report()
	return nil
}

// A diagnosis is what has been heard.
type diagnosis struct {
	w        io.Writer
	config   Config
	prefixes prefixes
	messages int
	channels map[string]*heard
	more     int // messages of channels that are too many to list
}

func (d *diagnosis) sayf(format string, args ...any) {
	_, _ = fmt.Fprintf(d.w, format, args...) // who cannot read it is not there
}

// unreachable says why Redis cannot be heard.
func (d *diagnosis) unreachable(err error) error {
	return fmt.Errorf("laravel: Redis at %s cannot be heard: %s (%w)", d.config.place(), explain(err), err)
}

// patterns says how many others listen.
func (d *diagnosis) patterns(ctx context.Context, client rueidis.Client) {
	n, err := client.Do(ctx, client.B().PubsubNumpat().Build()).AsInt64()
	switch {
	case err != nil:
		d.sayf("How many others listen cannot be told: PUBSUB NUMPAT is refused.\n")
	case n == 0:
		d.sayf("Nobody else listens to patterns there: no Madang or laravel-echo-server is connected to this Redis.\n")
	default:
		d.sayf("Somebody listens to %s there already: a Madang to one for each prefix, a laravel-echo-server to one.\n",
			count(int(n), "pattern"))
	}
}

// listen notes what is published for a while. The pattern "" stands for those of the prefixes.
func (d *diagnosis) listen(life context.Context, client rueidis.Client, pattern string, listening time.Duration) error {
	ctx, end := context.WithTimeout(life, listening)
	defer end()
	patterns := []string{pattern}
	if pattern == "" {
		patterns = d.prefixes.patterns()
	}
	messages, ready, failed := make(chan rueidis.PubSubMessage), make(chan struct{}), make(chan error, 1)
	go func() {
		failed <- listen(ctx, client, patterns, func() { close(ready) }, func(m rueidis.PubSubMessage) {
			select {
			case messages <- m:
			case <-ctx.Done():
			}
		})
	}()
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	start := time.Now()
	for {
		select {
		case <-ready:
			d.sayf("Listening for %v. Make Laravel broadcast something now.\n", listening)
			ready = nil
		case m := <-messages:
			d.hear(m)
		case <-ticker.C:
			d.sayf("… %v of %v, %s\n", time.Since(start).Round(time.Second), listening, count(d.messages, "message"))
		case err := <-failed:
			if life.Err() != nil || ctx.Err() != nil { // the connection may know of the end before ctx does
				return nil // time is up
			}
			return err
		}
	}
}

// count writes a number with a noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

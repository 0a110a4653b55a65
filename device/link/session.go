package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"madang"
	"madang/device"
	"madang/device/pairing"
)

// callTime is how long the cloud may take to answer a call.
const callTime = 10 * time.Second

// A session is one line, from its beginning to its end.
type session struct {
	*Link
	line Line
	told map[string]thing // what the cloud knows of devices; nil: nothing

	mu    sync.Mutex
	asked shown // what is known of the code that comes next
	clock clock
}

// once keeps one line until it ends, and reports whether the cloud has let the box in.
func (l *Link) once(ctx context.Context) (in bool, err error) {
	s := &session{Link: l}
	if s.line, err = l.Dial(ctx, l.config.Serial, string(l.config.Secret), func(event string, data json.RawMessage) { s.hear(ctx, event, data) }); err != nil {
		return false, err
	}
	defer s.line.Close()
	l.Log.Info("link: connected to the cloud", "url", l.config.URL, "serial", l.config.Serial)
	l.Status(Status{Connected: true})
	for {
		if err := s.tell(ctx); err != nil {
			return true, err
		}
		select {
		case <-l.pile.wake:
		case <-s.line.Done():
			return true, s.line.Err()
		case <-ctx.Done():
			return true, ctx.Err()
		}
	}
}

// tell tells the cloud all that it does not know yet. An error ends the line.
func (s *session) tell(ctx context.Context) error {
	for {
		if s.pile.takeChanged() || s.told == nil {
			if err := s.devices(ctx); err != nil {
				return err
			}
			continue // what has changed meanwhile comes before the answers that say so
		}
		if a, ok := s.pile.firstAnswer(); ok {
			if err := s.call(ctx, callAnswer, a); err != nil {
				return err
			}
			s.pile.told(a)
			continue
		}
		what, ok := s.pile.takeAct()
		if !ok {
			return nil
		}
		if err := s.call(ctx, what, nothing{}); err != nil {
			return err
		}
	}
}

// devices tells what devices there are, if the cloud does not know, or what is new of them.
func (s *session) devices(ctx context.Context) error {
	list, err := s.Home.Devices(ctx)
	if err != nil {
		return fmt.Errorf("link: look at the devices: %w", err)
	}
	now, news := map[string]thing{}, []thing{}
	anew := s.told == nil
	for _, d := range list {
		t := thingOf(d)
		now[d.ID] = t
		known, ok := s.told[d.ID]
		anew = anew || !ok || known.Name != t.Name || !slices.Equal(known.Capabilities, t.Capabilities)
		if t.Version > known.Version {
			news = append(news, t)
		}
	}
	anew = anew || len(now) != len(s.told)
	s.told = now
	if anew {
		all := hello{Devices: []thing{}}
		for _, id := range slices.Sorted(maps.Keys(now)) {
			all.Devices = append(all.Devices, now[id])
		}
		return s.call(ctx, callHello, all)
	}
	for _, t := range news {
		if err := s.call(ctx, callReport, report{t.ID, t.Reported, t.Version}); err != nil {
			return err
		}
	}
	return nil
}

// call calls the cloud. What it refuses is written down and not asked for again; only what ends the line is an error.
func (s *session) call(ctx context.Context, procedure string, argument any) error {
	ctx, done := context.WithTimeout(ctx, callTime)
	defer done()
	reply, err := s.line.Call(ctx, procedure, argument)
	if procedure == callHello && err == nil {
		var w welcome
		if json.Unmarshal(reply, &w) == nil {
			s.late(w.Now, time.Now())
		}
	}
	refused, ok := errors.AsType[*madang.Refusal](err)
	switch {
	case err == nil:
		return nil
	case !ok || errors.Is(err, madang.ErrUnauthenticated):
		return err
	case procedure == callAnswer:
		s.Log.Debug("link: a command had ended in the cloud before it was answered", "error", refused)
	default:
		s.Log.Warn("link: the cloud did not take what it was told", "call", procedure, "error", refused)
	}
	return nil
}

// late returns how much longer than others a message was on its way.
func (s *session) late(sent, arrived time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock.late(sent.Round(0), arrived.Round(0)) // by the clocks on the wall, as the cloud's is
}

// hear takes an event of the cloud. It does not wait.
func (s *session) hear(ctx context.Context, event string, data json.RawMessage) {
	arrived := time.Now()
	var err error
	switch event {
	case eventCommand:
		var d delivery
		if err = json.Unmarshal(data, &d); err == nil {
			s.orders.take(ctx, d, arrived.Add(milliseconds(d.ExpiresIn)-s.late(d.Now, arrived)))
		}
	case eventShown:
		s.mu.Lock()
		s.asked = shown{}
		err = json.Unmarshal(data, &s.asked)
		s.mu.Unlock()
	case eventCode:
		var code string
		if err = json.Unmarshal(data, &code); err == nil {
			s.show(ctx, code)
		}
	case eventCleared:
		var c cleared
		if err = json.Unmarshal(data, &c); err == nil {
			s.Home.ClearForeign(ctx, c.ID, pairing.End(c.Why))
		}
	case eventAlarm:
		s.Home.AlarmForeign(ctx)
	}
	if err != nil {
		s.Log.Warn("link: the cloud said what this box does not understand", "event", event, "error", err)
	}
}

// show shows a code on the display at home.
func (s *session) show(ctx context.Context, code string) {
	s.mu.Lock()
	a := s.asked
	s.asked = shown{}
	s.mu.Unlock()
	if err := s.Home.ShowForeign(ctx, a.ID, code, a.Who, a.From, milliseconds(a.ExpiresIn)); err != nil {
		s.Log.Warn("link: somebody asked the cloud for a code, which could not be shown here", "who", a.Who, "error", err)
	}
}

// note is what the cloud is told of an order that could not be carried out.
func note(err error) string {
	for _, row := range []struct {
		err  error
		note string
	}{
		{device.ErrAway, "hub_away"}, {device.ErrConflict, "conflict"}, {device.ErrTooMany, "too_many"}, {device.ErrNotFound, "not_found"},
		{device.ErrInvalid, "invalid"}, {device.ErrForbidden, "forbidden"},
	} {
		if errors.Is(err, row.err) {
			return row.note
		}
	}
	return "internal"
}

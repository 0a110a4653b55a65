package server_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/server"
)

// A link takes everything and notes when it is closed.
type link struct{ closed func(madang.CloseReason) }

func (*link) Flush(b *madang.Batch) (int, error) { return b.Len(), nil }
func (*link) Farewell(madang.CloseReason) []byte { return nil }
func (l *link) Close(r madang.CloseReason)       { l.closed(r) }

type mute struct{}

func (mute) Encode(dst []byte, _ *madang.Event) ([]byte, error) { return dst, nil }

// late is a part opened after the hub that is everything the hub asks.
type late struct{ diary *diary }

func (l *late) Authorize(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	switch r.Channel.Name {
	case "open":
		return &madang.Grant{}, nil
	case "shut":
		return nil, madang.ErrForbidden
	default:
		return nil, nil
	}
}

func (l *late) Observer() *madang.Observer {
	return &madang.Observer{Connected: func(c *madang.Conn) { l.diary.note("connected %s", c.Principal().User) }}
}

func (l *late) Retain(c madang.Channel) madang.Retention {
	if c.Name == "open" {
		return madang.Retention{Count: 7, Age: time.Hour}
	}
	return madang.Retention{}
}

func (l *late) Guards() map[string]madang.Guard {
	return map[string]madang.Guard{"device": fakeGuard{}}
}

func TestHubAsksPartsThatCameAfterIt(t *testing.T) {
	var d diary
	a := house(&d)
	a.Parts = append(a.Parts, server.FeaturePart("late", server.NoConfig, server.OnHub(func(*madang.Hub, struct{}) (*late, error) {
		return &late{&d}, nil
	})))
	s := open(t, a)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := s.Hub().Open(&link{func(madang.CloseReason) {}})
	if err != nil {
		t.Fatal(err)
	}
	for _, guard := range []string{"", "device"} {
		c, err := line.Connect(t.Context(), madang.ConnRequest{
			Dialect: mute{}, Credentials: madang.Credentials{Guard: guard, App: "app1", Token: "ann"},
		})
		if err != nil {
			t.Fatalf("guard %q: %v", guard, err)
		}
		for channel, want := range map[string]error{"open": nil, "shut": madang.ErrForbidden, "other": madang.ErrForbidden} {
			m := &madang.Message{Name: "x", Data: []byte("1"), Channel: madang.Channel{App: "app1", Name: channel}}
			if _, err := c.Publish(t.Context(), m); !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", channel, err, want)
			}
		}
	}
	if !slices.Contains(d.read(), "connected ann") {
		t.Errorf("the observer was not told: %q", d.read())
	}
}

func TestGuardsDoNotShareAName(t *testing.T) {
	var d diary
	a := house(&d)
	feature := func(name string) server.Part {
		return server.FeaturePart(name, server.NoConfig, server.OnHub(func(*madang.Hub, struct{}) (*late, error) { return &late{&d}, nil }))
	}
	a.Parts = append(a.Parts, feature("one"), feature("two"))
	if err := openError(t, a); !strings.Contains(err.Error(), `feature one and feature two both bring the guard "device"`) {
		t.Errorf("got %v", err)
	}
}

// A broker that notes who closes it.
type broker struct {
	madang.Broker
	diary *diary
}

func (b *broker) Close() error { b.diary.note("close broker"); return b.Broker.Close() }

func TestBrokerIsClosedOnce(t *testing.T) {
	for _, started := range []bool{true, false} {
		var d diary
		a := server.Assembly{Parts: []server.Part{server.BrokerPart("memory", server.NoConfig,
			func(context.Context, *server.Site, struct{}) (*broker, error) {
				return &broker{madang.NewMemory().Broker(), &d}, nil
			})}}
		s := open(t, a)
		if started {
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if got := d.read(); !slices.Equal(got, []string{"close broker"}) {
			t.Errorf("started %t: %q", started, got)
		}
	}
}

func TestRedisNeedsABroker(t *testing.T) {
	a := server.Assembly{}
	_, err := server.Open(t.Context(), a, load(t, a, "redis.url", "redis://127.0.0.1:1"), quiet())
	if err == nil || !strings.HasPrefix(err.Error(), "redis.url: this program cannot join nodes through Redis; remove the setting") {
		t.Errorf("got %v", err)
	}
}

func TestOneBroker(t *testing.T) {
	b := func(name string) server.Part {
		return server.BrokerPart(name, server.NoConfig, func(context.Context, *server.Site, struct{}) (madang.Broker, error) {
			return madang.NewMemory().Broker(), nil
		})
	}
	err := openError(t, server.Assembly{Parts: []server.Part{b("one"), b("two")}})
	if !strings.Contains(err.Error(), "broker one and broker two are both configured") {
		t.Errorf("got %v", err)
	}
}

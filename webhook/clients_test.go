package webhook_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"madang"
	"madang/internal/nodetest"
	"madang/webhook/outgoing"
)

// TestClients lets Pusher's own server library verify webhooks. What it expects stands in clients/webhooks.test.mjs.
func TestClients(t *testing.T) {
	sender := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, err := io.ReadAll(r.Body)
		if err == nil {
			err = send(r.Context(), string(to))
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	defer sender.Close()
	nodetest.Run(t, "clients", 2*time.Minute, "SEND_URL="+sender.URL)
}

// send makes one of everything happen, and returns when the receiver has taken it.
func send(ctx context.Context, to string) error {
	apps := madang.NewApps(madang.App{ID: "app1", Keys: []madang.Key{{Name: "key1", Secret: "secret1"}}})
	w, err := outgoing.New(outgoing.Defaults(), outgoing.Options{
		Apps: apps, Endpoints: []outgoing.Endpoint{{App: "app1", URL: to}}, Cluster: node{madang.New(madang.Config{})}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	if err := w.Start(ctx); err != nil {
		return err
	}
	in := func(name string) madang.Channel { return madang.Channel{App: "app1", Name: name} }
	room, user, o := in("presence-room"), madang.Member{User: `한글 "7" <&>`}, w.Observer()
	o.OccupiedAnywhere(room)
	o.Joined(room, user)
	w.CacheMiss(in("private-cache-price"))
	w.SubscriptionCount(in("news"), 3)
	o.Received(&madang.Event{Kind: madang.MessageEvent, Channel: room, Message: &madang.Message{
		Name: "client-typing", Channel: room, Data: []byte(`{"text":"안녕/hello\u2028"}`), Sender: madang.Sender{Conn: "7.42", User: "7"},
	}})
	o.Left(room, user)
	o.VacatedEverywhere(room)
	ctx, done := context.WithTimeout(ctx, time.Minute)
	defer done()
	w.Drain(ctx)
	return nil
}

// node is a hub that calls itself 7.
type node struct{ *madang.Hub }

func (node) Node() madang.NodeID { return "7" }

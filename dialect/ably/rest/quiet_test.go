package rest_test

import (
	"madang"
)

// A quiet is a link that takes everything and keeps nothing, and the owner of its connection.
type quiet struct{}

func (quiet) Flush(b *madang.Batch) (int, error)               { return b.Len(), nil }
func (quiet) Farewell(madang.CloseReason) []byte               { return nil }
func (quiet) Close(madang.CloseReason)                         {}
func (quiet) Disconnect(madang.CloseReason)                    {}
func (quiet) Closed(madang.CloseReason)                        {}
func (quiet) Encode(b []byte, _ *madang.Event) ([]byte, error) { return b, nil }

// join connects somebody of app main to a hub.
func (w *world) join() *madang.Conn {
	w.Helper()
	line, err := w.hub.Open(quiet{})
	if err != nil {
		w.Fatal(err)
	}
	c, err := line.Connect(w.Context(), madang.ConnRequest{Dialect: quiet{}, Owner: quiet{}, Principal: &madang.Principal{App: "main"}})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// enter puts a member into a presence set.
func (w *world) enter(channel, user, data string) {
	w.Helper()
	m := madang.Member{User: user, Data: []byte(data)}
	if err := w.hub.EnterAs(w.Context(), w.join(), madang.Channel{App: "main", Name: channel}, m); err != nil {
		w.Fatal(err)
	}
}

// listen subscribes n connections.
func (w *world) listen(channel string, n int) {
	w.Helper()
	for range n {
		if _, err := w.hub.Subscribe(w.Context(), w.join(), madang.Channel{App: "main", Name: channel}, madang.Messages); err != nil {
			w.Fatal(err)
		}
	}
}

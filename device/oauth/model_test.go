package oauth_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang/device"
	"madang/device/oauth"
	"madang/store/memory"
)

// A model is what a request of one hub is by the words of RFC 8628, kept apart from the code.
type model struct {
	asked    oauth.Asked
	id       string
	began    time.Time
	polled   time.Time
	interval time.Duration
	state    oauth.State // empty: there is none
}

func (m model) over(now time.Time) bool {
	return now.Sub(m.began) >= 10*time.Minute || now.Before(m.began.Add(-5*time.Second))
}

// poll is what the hub must be told, and what becomes of the request.
func (m model) poll(now time.Time) (model, error) {
	switch {
	case m.state == "" || m.state == oauth.Redeemed:
		return m, oauth.ErrUnknown
	case m.state == oauth.Denied:
		return m, oauth.ErrDenied
	case m.over(now):
		return m, oauth.ErrExpired
	case m.state == oauth.Approved:
		m.state = oauth.Redeemed
		return m, nil
	}
	early := !m.polled.IsZero() && !now.Before(m.polled) && now.Sub(m.polled) < m.interval
	m.polled = now
	if early {
		m.interval = min(m.interval+5*time.Second, oauth.MaxInterval)
		return m, oauth.ErrSlow
	}
	return m, oauth.ErrPending
}

// TestModel does random things to two hubs, with steps of the clock and codes of before and of the other, and compares what
// happens with the model. A token is given only for a consent, and each consent gives one at most.
func TestModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t, memory.NewDevices())
		var hubs [2]device.Hub
		for i, serial := range []string{"SN-1", "SN-2"} {
			hubs[i], _ = w.box(serial)
		}
		var models [2]model
		var old []oauth.Asked
		consents, tokens := 0, 0
		for range rapid.IntRange(5, 40).Draw(r, "steps") {
			i := rapid.IntRange(0, 1).Draw(r, "hub")
			h, m := hubs[i], &models[i]
			now := w.now()
			switch rapid.SampledFrom([]string{"ask", "poll", "poll", "poll", "look", "agree", "refuse", "pass", "pass", "step", "stale"}).Draw(r, "do") {
			case "ask":
				a, err := w.Ask(t.Context(), h, "")
				wait := m.began.Add(5 * time.Second).Sub(now)
				if busy := m.state != "" && wait > 0 && wait <= 5*time.Second; busy != (err != nil) {
					r.Fatalf("ask: %v, busy is %v", err, busy)
				} else if !busy {
					old = append(old, m.asked)
					*m = model{asked: a, began: now, interval: 5 * time.Second, state: oauth.Pending}
				}
			case "poll":
				var want error
				*m, want = m.poll(now)
				_, err := w.Poll(t.Context(), h, m.asked.DeviceCode)
				if !errors.Is(err, want) || want == nil && err != nil {
					r.Fatalf("poll: %v, want %v in %+v", err, want, *m)
				}
				if err == nil {
					tokens++
				}
			case "look":
				if m.asked.UserCode == "" {
					continue
				}
				g, err := w.store.GrantByCode(t.Context(), app, w.MAC(m.asked.UserCode))
				if decidable := m.state == oauth.Pending; decidable != (err == nil) {
					r.Fatalf("look: %v in %+v", err, *m)
				}
				m.id = g.ID
			case "agree", "refuse":
				agree := rapid.Bool().Draw(r, "agree")
				err := w.Decide(t.Context(), someone("kim"), h.Serial, m.id, agree, "")
				open := m.state == oauth.Pending && !m.over(now) && m.id != ""
				if open != (err == nil) {
					r.Fatalf("decide: %v in %+v", err, *m)
				}
				if open && agree {
					m.state = oauth.Approved
					consents++
				} else if open {
					m.state = oauth.Denied
				}
			case "pass":
				w.pass(time.Duration(rapid.SampledFrom([]int{1, 4, 5, 6, 10, 60, 300, 601}).Draw(r, "seconds")) * time.Second)
			case "step":
				w.pass(-time.Duration(rapid.SampledFrom([]int{1, 5, 6, 3600}).Draw(r, "back")) * time.Second)
			case "stale": // codes of before, and of the other hub
				for _, a := range append(old, models[1-i].asked) {
					if _, err := w.Poll(t.Context(), h, a.DeviceCode); !errors.Is(err, oauth.ErrUnknown) {
						r.Fatalf("a stale code: %v", err)
					}
				}
			}
		}
		if tokens > consents {
			r.Fatalf("%d tokens for %d consents", tokens, consents)
		}
	})
}

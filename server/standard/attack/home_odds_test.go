//go:build unix

// What a permanent attack on the code of a hub comes to: played with the limits that a server has by default, in time that costs
// nothing, by an attacker who has as many accounts and networks as they like and never has to sleep.

package attack

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"madang/device/pairing"
	"madang/device/relay"
	"madang/store/memory"
)

// A siege is a hub under attack.
type siege struct {
	t       *testing.T
	p       *pairing.Pairing
	hub     pairing.Hub
	now     time.Duration // since it began
	shown   string        // on the display
	people  int
	guesses []time.Duration // when
	presses int
}

// Show, Clear and Alarm implement pairing.Screen.
func (s *siege) Show(_ context.Context, _ pairing.Hub, p pairing.Prompt) error {
	s.shown = p.Code
	return nil
}
func (*siege) Clear(context.Context, pairing.Hub, string, pairing.End) {}
func (*siege) Alarm(context.Context, pairing.Hub)                      {}

func newSiege(t *testing.T) *siege {
	t.Helper()
	s := &siege{t: t, hub: pairing.Hub{App: "app1", ID: "box-1"}}
	begin := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	var err error
	s.p, err = pairing.New(relay.Defaults().Pairing, []byte(accountKey), memory.NewDevices(), s,
		pairing.WithClocks(func() time.Time { return begin.Add(s.now) }, func() time.Duration { return s.now }))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// somebody new asks from a new network.
func (s *siege) somebody() pairing.Request {
	s.people++
	a := netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, byte(s.people >> 16), byte(s.people >> 8), byte(s.people), 0, 1})
	return pairing.Request{Hub: s.hub, Person: strconv.Itoa(s.people), Address: a}
}

// attack asks for a code and guesses until it is destroyed. It returns how long there is nothing to do; locked: for good.
func (s *siege) attack() (wait time.Duration, locked bool) {
	r := s.somebody()
	err := s.p.Ask(s.t.Context(), r)
	var w *pairing.WaitError
	switch {
	case errors.Is(err, pairing.ErrLocked):
		return time.Hour, true // to look again now and then
	case errors.As(err, &w):
		return w.Retry, false
	case err != nil:
		s.t.Fatal(err)
	}
	wrong := strings.Map(func(c rune) rune { return '0' + ('9' - c) }, s.shown) // no digit is its own opposite
	for errors.Is(s.p.Check(s.t.Context(), r, wrong), pairing.ErrWrong) {
		s.guesses = append(s.guesses, s.now)
	}
	return 0, false
}

func (s *siege) press() {
	s.presses++
	if err := s.p.Press(s.t.Context(), s.hub); err != nil {
		s.t.Fatal(err)
	}
}

// pairs is somebody of the house who pairs, if they are given a code.
func (s *siege) pairs() {
	r := s.somebody()
	if err := s.p.Ask(s.t.Context(), r); err != nil {
		return
	}
	if err := s.p.Check(s.t.Context(), r, s.shown); err != nil {
		s.t.Fatal(err)
	}
}

// most returns the most guesses in 24 hours, and those in all.
func (s *siege) most() (day, all int) {
	first := 0
	for i, at := range s.guesses {
		for at-s.guesses[first] >= 24*time.Hour {
			first++
		}
		day = max(day, i-first+1)
	}
	return day, len(s.guesses)
}

// run attacks for some days; every is how often somebody presses the button without an alarm (0: never), pairs how often somebody of
// the house pairs.
func (s *siege) run(days int, atAlarm bool, every, pairs time.Duration) (day, all int) {
	nextPress, nextPair := every, pairs
	for s.now < time.Duration(days)*24*time.Hour {
		wait, locked := s.attack()
		if locked && atAlarm {
			s.press()
			continue
		}
		if every > 0 && s.now+wait >= nextPress {
			wait = max(0, nextPress-s.now)
			nextPress += every
			s.now += wait
			s.press()
			continue
		}
		if pairs > 0 && s.now+wait >= nextPair {
			s.now = max(s.now, nextPair)
			nextPair += pairs
			if s.pairs(); locked {
				s.press() // whoever is at home does that first
				s.pairs()
			}
			continue
		}
		s.now += max(wait, time.Millisecond)
	}
	return s.most()
}

// TestPermanentAttack measures how many guesses somebody has who attacks a hub for a month, and compares that with what
// docs/security-model.md says.
func TestPermanentAttack(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "security-model.md"))
	if err != nil {
		t.Fatal(err)
	}
	odds := func(guesses, hubs int) float64 {
		return 1 - math.Pow(1-5/pairing.Digits.Codes(), float64(guesses*hubs)/5)
	}
	for _, c := range []struct {
		what         string
		atAlarm      bool
		every, pairs time.Duration
		most         int // guesses a day, by the comment of package pairing and five for each press
	}{
		{"presses it never", false, 0, 0, 15},
		{"presses it at every alarm", true, 0, 0, 75},
		{"presses it at every alarm, and each hour", true, time.Hour, 0, 75 + 5*24},
		{"pairs once a day, and presses it if that is needed", false, 0, 24 * time.Hour, 15},
	} {
		s := newSiege(t)
		day, month := s.run(30, c.atAlarm, c.every, c.pairs)
		row := fmt.Sprintf("| %s | %d | %.1e | %d | %.1e |", c.what, day, odds(day, 1), month, odds(month, 1))
		if !strings.Contains(string(text), row) || day > c.most {
			t.Errorf("%d accounts and %d presses of the button make it, at most %d a day:\n%s", s.people, s.presses, c.most, row)
		}
	}
	for hubs, want := range map[int]string{1000: "of a thousand hubs with 1.5 %", 10000: "of ten thousand with 14 %"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("of %d hubs one is guessed with %.2g", hubs, odds(15, hubs))
		}
	}
}

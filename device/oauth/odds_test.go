package oauth_test

import (
	"errors"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"madang/device/pairing"
	"madang/store/memory"
)

// The figures of the package's comment.
const (
	guessesOfOne     = 216 // on a day, of one account
	guessesOfNetwork = 456 // of one network, with as many accounts as it likes
)

// guess plays an attacker for three days who guesses so many times and then rests for an hour, or for as long as they are told and
// an hour; it returns the most guesses in any 24 hours. who says who they are at each guess.
func guess(t *testing.T, times int, who func(n int) string) (most int) {
	w := newWorld(t, memory.NewDevices())
	begin := w.now()
	var guesses []time.Duration
	for w.now().Sub(begin) < 72*time.Hour {
		for range times {
			_, err := w.Look(t.Context(), someone(who(len(guesses))), netip.MustParseAddr("198.51.100.1"), "BBBB-BBBB")
			if wait, ok := errors.AsType[*pairing.WaitError](err); ok {
				w.pass(wait.Retry)
				break
			}
			guesses = append(guesses, w.now().Sub(begin))
		}
		w.pass(time.Hour)
	}
	for i, from := range guesses {
		n := 0
		for _, at := range guesses[i:] {
			if at < from+24*time.Hour {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// TestGuessesPerDay finds how often one can guess on a day by playing attackers of every patience.
func TestGuessesPerDay(t *testing.T) {
	t.Parallel()
	one, network := 0, 0
	for times := 1; times <= 25; times++ {
		one = max(one, guess(t, times, func(int) string { return "kim" }))
		network = max(network, guess(t, times, strconv.Itoa))
	}
	if one != guessesOfOne || network != guessesOfNetwork {
		t.Errorf("one has %d, a network %d; the package's comment says %d and %d", one, network, guessesOfOne, guessesOfNetwork)
	}
}

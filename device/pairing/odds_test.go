package pairing_test

import (
	"errors"
	"math"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang/device/pairing"
	"madang/store/memory"
)

// The figures of the package's comment.
const (
	guessesUnpressed = 15
	guessesPerDay    = 75
)

// An attack is a permanent one, by any number of people and addresses.
type attack struct {
	*world
	p       *pairing.Pairing
	presses bool // somebody presses the button at every alarm
	people  int
	guesses []time.Duration // when
}

// ask asks for a code as somebody new, and guesses so many times, if it may. It returns how long to wait before the next; 0:
// the hub is locked for good.
func (a *attack) ask(tries int) time.Duration {
	a.people++
	r := by(strconv.Itoa(a.people), "box1")
	var wait *pairing.WaitError
	err := a.p.Ask(a.t.Context(), r)
	switch {
	case errors.As(err, &wait):
		return wait.Retry
	case errors.Is(err, pairing.ErrLocked) && a.presses:
		expect(a.t, a.p.Press(a.t.Context(), r.Hub), nil)
		return time.Millisecond
	case errors.Is(err, pairing.ErrLocked):
		return 0
	}
	expect(a.t, err, nil)
	no := other(a.code("box1"))
	for range tries {
		if err := a.p.Check(a.t.Context(), r, no); errors.Is(err, pairing.ErrWrong) {
			a.guesses = append(a.guesses, a.real)
		}
	}
	return time.Millisecond
}

// most returns the most guesses in any 24 hours.
func (a *attack) most() int {
	most := 0
	for i, from := range a.guesses {
		n := 0
		for _, at := range a.guesses[i:] {
			if at-from < 24*time.Hour {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func TestGuessesPerDay(t *testing.T) {
	a := attack{world: newWorld(t, memory.NewDevices())}
	a.p = a.node()
	for wait := a.ask(7); wait > 0; wait = a.ask(7) {
		a.pass(wait)
	}
	if len(a.guesses) != guessesUnpressed {
		t.Errorf("%d guesses until the button is pressed", len(a.guesses))
	}
	for format, want := range map[pairing.Format][2]float64{pairing.Digits: {1.5e-5, 7.5e-5}, pairing.Letters: {5.9e-10, 2.9e-9}} {
		ever, day := guessesUnpressed/format.Codes(), guessesPerDay/format.Codes()
		t.Logf("%s: %.2g until the button is pressed, %.2g per day if it is pressed at every alarm", format, ever, day)
		if math.Abs(ever/want[0]-1) > 0.02 || math.Abs(day/want[1]-1) > 0.02 {
			t.Errorf("%s: %.3g and %.3g, the comment says %.3g and %.3g", format, ever, day, want[0], want[1])
		}
	}
}

// An attacker who has somebody press the button at every alarm chooses when to ask, how often to try and how long to rest.
// Played greedily, and at random, they never have more guesses in a day than the comment says.
func TestNoBetterAttack(t *testing.T) {
	play := func(rounds int, tries func() int, rest func() time.Duration) int {
		a := attack{world: newWorld(t, memory.NewDevices()), presses: true}
		a.p = a.node()
		for range rounds {
			a.pass(a.ask(tries()))
			a.pass(rest())
		}
		return a.most()
	}
	five, none := func() int { return 5 }, func() time.Duration { return 0 }
	if n := play(400, five, none); n < 60 || n > guessesPerDay {
		t.Errorf("%d guesses a day without rest", n)
	}
	rapid.Check(t, func(r *rapid.T) {
		lazy := rapid.IntRange(0, 20).Draw(r, "lazy")
		n := play(rapid.IntRange(1, 120).Draw(r, "asks"), func() int {
			if rapid.IntRange(0, 20).Draw(r, "tries") < lazy {
				return rapid.IntRange(0, 4).Draw(r, "fewer")
			}
			return 5
		}, func() time.Duration {
			if rapid.IntRange(0, 6).Draw(r, "rests") > 0 {
				return 0
			}
			return time.Duration(rapid.IntRange(0, 30*60).Draw(r, "minutes")) * time.Minute
		})
		if n > guessesPerDay {
			r.Fatalf("%d guesses in a day", n)
		}
	})
}

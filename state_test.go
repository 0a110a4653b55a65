package madang_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"madang"
)

// A modelLink is what the model knows of one link: which rooms it hears, and what it must have been sent.
type modelLink struct {
	v      *valve
	c      *madang.Conn
	subs   map[string]*madang.Subscription
	held   map[string][]string // what was published in a held room since Subscribe
	want   []string
	input  madang.Held
	stuck  bool
	closed bool
}

// Any history of coming, holding, opening, leaving, publishing, skipping, emitting and stalling gives each link what a
// simple model says, in that order. Units of one held room follow when it opens.
func TestHistoriesAgainstModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		script := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) [4]int {
			return [4]int{rapid.IntRange(0, 9).Draw(r, "op"), rapid.IntRange(0, 2).Draw(r, "link"),
				rapid.IntRange(0, 2).Draw(r, "room"), rapid.IntRange(0, 2000).Draw(r, "n")}
		}), 40, 120).Draw(r, "script")
		flushers := rapid.IntRange(1, 3).Draw(r, "flushers")
		var failure string
		synctest.Test(t, func(t *testing.T) { failure = playScript(t, script, flushers) })
		if failure != "" {
			r.Fatal(failure)
		}
	})
}

func playScript(t *testing.T, script [][4]int, flushers int) (failure string) {
	h := startHub(t, madang.Config{Limits: madang.Limits{Flushers: flushers, MaxLag: 1 << 40}})
	var links [3]*modelLink
	for i := range links {
		v, c := connect(t, h, user("u"), wordy{})
		links[i] = &modelLink{v: v, c: c, subs: map[string]*madang.Subscription{}, held: map[string][]string{}}
	}
	for k, step := range script {
		l, room, n := links[step[1]], "room"+strconv.Itoa(step[2]), step[3]
		text := fmt.Sprintf("%d:%s", k, strings.Repeat("x", n))
		switch step[0] {
		case 0, 1:
			l.subscribe(t, room, step[0] == 0)
		case 2:
			l.open(room)
		case 3:
			l.leave(room)
		case 4, 5:
			skip := madang.ConnID("")
			if step[0] == 5 {
				skip = l.c.ID()
			}
			publish(t, h, room, text, skip)
			for _, o := range links {
				o.heard(room, text, o.c.ID() == skip)
			}
		case 6:
			to := madang.Audience{In: names("room0", room), Except: names("room2")}
			if err := h.Emit(t.Context(), to, &madang.Message{Data: []byte(text)}); err != nil {
				t.Fatal(err)
			}
			for _, o := range links {
				if !o.in("room2") && (o.in("room0") || o.in(room)) && !o.closed {
					o.want = append(o.want, text)
				}
			}
		case 7:
			l.input.Set(l.v.line, n%777) // as if that many bytes of a frame had come
			if !l.closed {
				l.v.line.Send(record([]byte(text)))
				l.want = append(l.want, text)
			}
		case 8:
			l.stuck = !l.stuck
			synctest.Wait() // the model knows no volatile units, so a stall may begin anywhere
			if l.stuck {
				l.v.give(n % 50)
			} else {
				l.v.give(-1)
			}
		case 9:
			if n%8 == 0 && !l.closed {
				l.v.line.Close(madang.CloseNormal)
				l.closed, l.want = true, append(l.want, "bye normal")
			}
		}
		if n%3 == 0 {
			synctest.Wait()
			if got, want := h.Budget().Held, h.HeldByHand(); got != want {
				return fmt.Sprintf("%d bytes are said to be held, and %d are", got, want)
			}
		}
	}
	for i, l := range links {
		l.v.give(-1)
		synctest.Wait()
		if got := l.v.records(); !slices.Equal(got, l.want) {
			return fmt.Sprintf("link %d got\n%.100q\nwant\n%.100q", i, got, l.want)
		}
		for room := range l.held {
			l.leave(room)
		}
	}
	settle()
	if n := h.Buffered(); n != 0 {
		return fmt.Sprintf("%d bytes are held for nobody", n)
	}
	for _, l := range links {
		l.v.line.Drop(madang.CloseGone)
	}
	if n := h.Budget().Held; n != 0 {
		return fmt.Sprintf("%d bytes are held by nobody", n)
	}
	return ""
}

func (l *modelLink) in(room string) bool { return l.subs[room] != nil }

func (l *modelLink) subscribe(t *testing.T, room string, hold bool) {
	if l.closed || l.in(room) {
		return
	}
	s, err := l.c.Subscribe(t.Context(), madang.Channel{Name: room}, madang.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	l.subs[room] = s
	if hold {
		l.held[room] = []string{}
	} else {
		s.Open()
	}
}

func (l *modelLink) open(room string) {
	waiting, held := l.held[room]
	if !held || l.closed {
		return
	}
	delete(l.held, room)
	l.subs[room].Open()
	l.want = append(l.want, waiting...)
}

func (l *modelLink) leave(room string) {
	if l.in(room) && !l.closed {
		l.c.Unsubscribe(madang.Channel{Name: room})
		delete(l.subs, room)
		delete(l.held, room)
	}
}

// heard notes a message of a room. What comes behind the farewell is nobody's.
func (l *modelLink) heard(room, text string, skipped bool) {
	if !l.in(room) || skipped || l.closed {
		return
	}
	if _, held := l.held[room]; held {
		l.held[room] = append(l.held[room], text)
	} else {
		l.want = append(l.want, text)
	}
}

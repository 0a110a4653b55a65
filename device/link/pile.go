package link

import (
	"slices"
	"sync"
	"time"

	"madang/device"
)

// actLife is how long what somebody did at the display is worth telling: after that it means something else.
const actLife = time.Minute

// maxAnswers is how many answers may wait for the line. The cloud has no more commands open.
const maxAnswers = device.MaxOpen

// A pile is what is to be told to the cloud, when there is a line.
type pile struct {
	wake chan struct{}

	mu      sync.Mutex
	changed bool // devices
	acts    []act
	answers []answer
}

// An act is a call that says what somebody did at the display.
type act struct {
	call string
	at   time.Time
}

// happened takes what happened at home.
func (p *pile) happened(h Happening) {
	p.mu.Lock()
	switch h {
	case Changed:
		p.changed = true
	case Pressed:
		p.act(callPress)
	case Withdrawn:
		p.act(callWithdraw)
	}
	p.mu.Unlock()
	p.poke()
}

// act keeps an act. The same one again says no more than once.
func (p *pile) act(call string) {
	p.acts = slices.DeleteFunc(p.acts, func(a act) bool { return a.call == call })
	p.acts = append(p.acts, act{call, time.Now()})
}

// answer keeps what became of a command. The oldest goes if there are too many: by then it has ended in the cloud anyway.
func (p *pile) answer(a answer) {
	p.mu.Lock()
	p.answers = slices.DeleteFunc(p.answers, func(b answer) bool { return b.Command == a.Command })
	if len(p.answers) >= maxAnswers {
		p.answers = slices.Delete(p.answers, 0, 1)
	}
	p.answers = append(p.answers, a)
	p.mu.Unlock()
	p.poke()
}

func (p *pile) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// takeChanged reports whether devices have changed since it was called last.
func (p *pile) takeChanged() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed := p.changed
	p.changed = false
	return changed
}

// takeAct returns the next act that is still worth telling.
func (p *pile) takeAct() (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.acts) > 0 {
		a := p.acts[0]
		p.acts = p.acts[1:]
		if time.Since(a.at) < actLife {
			return a.call, true
		}
	}
	return "", false
}

// firstAnswer returns the next answer; told takes it off when it has been told.
func (p *pile) firstAnswer() (answer, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.answers) == 0 {
		return answer{}, false
	}
	return p.answers[0], true
}

func (p *pile) told(a answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.answers) > 0 && p.answers[0] == a {
		p.answers = p.answers[1:]
	}
}

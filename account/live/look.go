package live

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"madang"
	"madang/account"
	"madang/account/gate"
)

const (
	// beat is how often the worker goes on with its round, and tries again what failed.
	beat = time.Second
	// maxLooks is how many sign-ins of a round are looked up with each beat, at most: with very many a round takes longer.
	maxLooks = 500
	// lookTime is how long the store may take to answer for one.
	lookTime = 5 * time.Second
	// doubt is how much later than the store another node's word of what has ended may come.
	doubt = 250 * time.Millisecond
	// seenEvery is how exactly it is known when a session with a connection was last used.
	seenEvery = 5 * time.Minute
)

// A round goes through all sign-ins that have connections, a few with each beat.
type round struct {
	left  []key
	pace  int
	start time.Time
}

// next returns those whose turn it is.
func (r *round) next(l *Live, now time.Time) []key {
	if len(r.left) == 0 {
		every := max(beat, min(l.config.Look, l.config.SessionIdle/4)) // or sessions ran out under their connections
		if now.Sub(r.start) < every {
			return nil
		}
		r.left, r.start = l.index.signIns(), now
		beats := int(every / beat)
		r.pace = min(max(1, (len(r.left)+beats-1)/beats), maxLooks)
	}
	n := min(r.pace, len(r.left))
	turn := r.left[:n]
	r.left = r.left[n:]
	return turn
}

// runLooks looks up what waits for it, and all in rounds.
func (l *Live) runLooks(ctx context.Context) {
	t := time.NewTicker(beat)
	defer t.Stop()
	r := round{start: l.now()}
	var again []key // the store did not answer
	for {
		var turn []key
		select {
		case <-ctx.Done():
			return
		case <-l.looks.wake:
		case <-t.C:
			turn = append(r.next(l, l.now()), again...)
			again = nil
		}
		for k := range l.looks.take() {
			turn = append(turn, k)
		}
		for _, k := range turn {
			if ctx.Err() != nil {
				return
			}
			if !l.look(ctx, k) {
				again = append(again, k)
			}
		}
	}
}

// look looks one sign-in up, and ends its connections if it has ended; false: the store did not answer.
func (l *Live) look(ctx context.Context, k key) bool {
	conns := l.index.of(k)
	if len(conns) == 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	person, abilities, err := l.lookUp(ctx, k)
	switch {
	case errors.Is(err, account.ErrNotFound):
		if l.gone.has(l.now(), k) {
			l.comeBack(k, l.index.of(k)) // not those from before alone: whoever came since was let in before it ended
		} else {
			time.AfterFunc(doubt, func() { l.missing(k) })
		}
	case err != nil:
		if ctx.Err() == nil || errors.Is(err, context.DeadlineExceeded) {
			l.log.WarnContext(ctx, "whether a sign-in that has connections still holds is not known; trying again", "app", k.app, "error", err)
		}
		return false
	default:
		l.belong(k, conns, strconv.FormatInt(person, 10))
		l.outdated(k, conns, abilities)
	}
	return true
}

// missing ends the connections of a sign-in that the store does not have any more. That they come back may have been heard only
// after it was looked up.
func (l *Live) missing(k key) {
	if l.gone.has(l.now(), k) {
		l.comeBack(k, l.index.of(k))
		return
	}
	l.kick(k, l.index.of(k), madang.CloseDenied)
}

// belong notes whose a sign-in is.
func (l *Live) belong(k key, conns []*madang.Conn, user string) {
	if slices.ContainsFunc(conns, func(c *madang.Conn) bool {
		e, _ := l.index.entry(c)
		return slices.ContainsFunc(e.all(), func(v via) bool { return v.key() == k && v.user != user })
	}) {
		l.index.belongs(k, user)
	}
}

// outdated ends connections whose principal may more or less than its API token does by now: they come back.
func (l *Live) outdated(k key, conns []*madang.Conn, abilities []string) {
	if abilities == nil {
		return
	}
	var old []*madang.Conn
	for _, c := range conns {
		if slices.ContainsFunc(l.by(c, k), func(p *madang.Principal) bool {
			have, ok := gate.Abilities(p)
			return ok && !sameSet(have, abilities)
		}) {
			old = append(old, c)
		}
	}
	l.comeBack(k, old)
}

func sameSet(a, b []string) bool {
	a, b = slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b)))
	return slices.Equal(a, b)
}

// lookUp returns whose a sign-in is, and for an API token what it may do, never nil; ErrNotFound: nobody is signed in by it.
func (l *Live) lookUp(ctx context.Context, k key) (person int64, abilities []string, err error) {
	s, ok := parse(k.signIn)
	now := l.now()
	switch {
	case !ok:
		return 0, nil, account.ErrNotFound
	case s.session != nil:
		person, err = l.session(ctx, k.app, *s.session, now)
	case s.family != "":
		var f account.Family
		f, err = l.store.Family(ctx, k.app, s.family, now)
		person = f.Person
	default:
		var t account.APIToken
		t, err = l.store.APIToken(ctx, k.app, s.token, now)
		person, abilities = t.Person, append([]string{}, t.Abilities...)
	}
	if err != nil {
		return 0, nil, err
	}
	p, err := l.store.Person(ctx, k.app, person)
	if err == nil && p.Disabled() {
		err = account.ErrNotFound
	}
	return person, abilities, err
}

// session looks a session up, and lets it live on as a request would. One whose second factor is awaited signs nobody in.
func (l *Live) session(ctx context.Context, app string, id account.Hash, now time.Time) (person int64, err error) {
	x, err := l.store.Session(ctx, app, id, now)
	if err != nil {
		return 0, err
	}
	if x.Pending {
		return 0, account.ErrNotFound
	}
	life := l.config.SessionIdle
	if x.Remember {
		life = l.config.SessionRemember
	}
	if now.Sub(x.SeenAt) < min(seenEvery, life/4) {
		return x.Person, nil
	}
	return x.Person, l.store.SeeSession(ctx, app, id, x.Client, now, now.Add(life))
}

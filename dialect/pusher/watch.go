package pusher

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"madang"
	"madang/dialect/pusher/frame"
)

// watchPrefix begins the names of presence sets that hold the signed-in connections of the user whose id follows.
const watchPrefix = "$watch/"

// watch lets a signed-in user be seen, and shows who of the own watchlist is there now and from now on.
func (c *client) watch(who *madang.Principal) {
	ctx, hub := background(), c.srv.hub
	me := madang.Channel{App: who.App, Name: watchPrefix + who.User}
	if err := hub.Enter(ctx, c.conn, me, nil, madang.JSON); err != nil {
		c.srv.log.Warn("a user's sign-in cannot be seen by others", "conn", c.conn.ID(), "error", err)
	}
	u, err := parseUserData(who.Claims)
	if err != nil || len(u.Watchlist) == 0 {
		return
	}
	if most := c.srv.cfg.MaxWatchlist; len(u.Watchlist) > most {
		c.fail(codeWatchlist, fmt.Sprintf("The watchlist has more than %d users and was not taken.", most))
		return
	}
	online, offline := []string{}, []string{}
	var subs []*madang.Subscription
	seen := map[string]bool{}
	for _, id := range u.Watchlist {
		if seen[id] || id == "" || len(id) > maxUserID {
			continue
		}
		seen[id] = true
		ch := madang.Channel{App: who.App, Name: watchPrefix + id}
		sub, err := hub.Subscribe(ctx, c.conn, ch, madang.Presences) // first, so that nothing is missed in between
		if err != nil {
			c.refuseWatch(err)
			return
		}
		subs = append(subs, sub)
		there, err := hub.Members(ctx, ch)
		if err != nil {
			c.refuseWatch(err)
			return
		}
		if len(there) > 0 {
			online = append(online, id)
		} else {
			offline = append(offline, id)
		}
	}
	c.line.Send(unit(frame.Out{Event: eventWatchlist, Text: watchText(watchNews{"online", online}, watchNews{"offline", offline})}))
	for _, sub := range subs {
		sub.Open()
	}
}

func (c *client) refuseWatch(err error) {
	if errors.Is(err, madang.ErrClosed) {
		return
	}
	c.srv.log.Warn("a watchlist could not be taken", "conn", c.conn.ID(), "error", err)
	c.fail(codeWatchlist, "The watchlist could not be taken.")
}

// watchNews is one of a watchlist's events.
type watchNews struct {
	Name    string   `json:"name"`
	UserIDs []string `json:"user_ids"`
}

// watchText is the data of a watchlist's events; those without users are left out.
func watchText(all ...watchNews) string {
	var events struct {
		Events []watchNews `json:"events"`
	}
	for _, n := range all {
		if len(n.UserIDs) > 0 {
			events.Events = append(events.Events, n)
		}
	}
	b, _ := json.Marshal(events) // texts always have a JSON form
	return string(b)
}

// watchEvent says how the coming and going of a watched user looks.
func watchEvent(e *madang.Event, user string) (o frame.Out, ok bool) {
	var name string
	switch {
	case e.Kind == madang.EnterEvent && e.First:
		name = "online"
	case e.Kind == madang.LeaveEvent && e.Last:
		name = "offline"
	default:
		return o, false
	}
	return frame.Out{Event: eventWatchlist, Text: watchText(watchNews{name, []string{strings.ToValidUTF8(user, "\uFFFD")}})}, true
}

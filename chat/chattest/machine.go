package chattest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang/chat"
)

// machine does random things to a store and to the model. Each step compares what it got, and every now and then, and at
// the end, all that can be asked for is compared.
//
// Opening a store may be slow, so all runs have the same one: each is an app of its own, and sweeps the outbox first.
func (s suite) machine(t *testing.T) {
	store, runs := s.open(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		m := &machine{
			Store: store, ctx: t.Context(), app: fmt.Sprint("app", runs), model: newModel(), now: start(),
		}
		m.sweep(rt)
		actions := map[string]func(*rapid.T){
			"look":     m.check,
			"room":     m.ensure,
			"send":     m.send,
			"retry":    m.retry,
			"announce": m.announce,
			"join":     m.join,
			"leave":    m.leave,
			"read":     m.read,
			"history":  m.history,
			"claim":    m.claimEntries,
			"settle":   m.settle,
			"release":  m.release,
			"wait":     m.wait,
		}
		if s.reopen != nil {
			actions["reopen"] = func(*rapid.T) {
				store = s.reopen(t, store)
				m.Store = store
			}
		}
		rt.Repeat(actions)
		m.check(rt)
	})
}

// A machine is one run. Its methods are the steps.
type machine struct {
	chat.Store
	ctx   context.Context
	app   string
	model *model
	now   time.Time
}

func (m *machine) ref(id string) chat.RoomRef { return chat.RoomRef{App: m.app, ID: id} }

func (m *machine) user(id string) chat.UserRef { return chat.UserRef{App: m.app, ID: id} }

func anyUser(rt *rapid.T) string {
	return rapid.SampledFrom([]string{"kim", "lee", "park", "choi"}).Draw(rt, "user")
}

// anyRoom returns the id of a room that may not be there yet.
func anyRoom(rt *rapid.T) string {
	return rapid.SampledFrom([]string{"r1", "r2", "r3", "d1"}).Draw(rt, "room")
}

func anyNode(rt *rapid.T) string { return rapid.SampledFrom([]string{"n1", "n2"}).Draw(rt, "node") }

func (m *machine) ensure(rt *rapid.T) {
	id := anyRoom(rt)
	n := chat.NewRoom{Ref: m.ref(id), Kind: chat.RoomPrivate, Name: id, At: m.now}
	if id == "d1" {
		n = direct(m.app, id, "kim", "lee")
		n.At = m.now
	} else {
		for _, u := range rapid.SliceOfDistinct(rapid.Custom(anyUser), rapid.ID).Draw(rt, "members") {
			n.Members = append(n.Members, chat.NewMember{User: u, Role: chat.RoleOwner})
		}
	}
	_, created, err := m.EnsureRoom(m.ctx, n)
	must(created, err).or(rt)
	same(rt, "created", created, m.model.rooms[id] == nil)
	if !created {
		return
	}
	r := &modelRoom{
		kind: n.Kind, directKey: n.DirectKey, created: n.At, rev: 1, members: make(map[string]*modelMember),
	}
	for _, nm := range n.Members {
		r.join(nm, n.At)
	}
	m.model.rooms[id] = r
}

func (m *machine) send(rt *rapid.T) {
	nonce := rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(rt, "nonce")
	n := chat.NewMessage{
		Room: m.ref(anyRoom(rt)), Sender: anyUser(rt), Nonce: nonce, Kind: chat.MessageText,
		Text: rapid.StringMatching(`[a-z가-힣]{1,8}`).Draw(rt, "text"), At: m.now,
	}
	if rapid.Bool().Draw(rt, "publish it ourselves") {
		n.ClaimedBy, n.ClaimedUntil = anyNode(rt), m.now.Add(2*time.Second)
	}
	m.append(rt, n)
}

// retry sends one of the messages again, with another text.
func (m *machine) retry(rt *rapid.T) {
	r, ok := m.model.rooms[anyRoom(rt)]
	if !ok || len(r.messages) == 0 {
		return
	}
	old := rapid.SampledFrom(r.messages).Draw(rt, "message")
	n := chat.NewMessage{
		Room: old.Room, Sender: old.Sender, Nonce: old.Nonce, Kind: old.Kind, Text: "again: " + old.Text, At: m.now,
	}
	m.append(rt, n)
}

func (m *machine) announce(rt *rapid.T) {
	m.append(rt, chat.NewMessage{Room: m.ref(anyRoom(rt)), Kind: chat.MessageSystem, Text: "system", At: m.now})
}

// append sends n and expects what the model says.
func (m *machine) append(rt *rapid.T, n chat.NewMessage) {
	a, err := m.Append(m.ctx, n)
	r, ok := m.model.rooms[n.Room.ID]
	if !ok {
		refused(rt, err, chat.ErrNotFound)
		return
	}
	if old, ok := r.sent(n.Sender, n.Nonce); ok {
		same(rt, "retry", must(a, err).or(rt), chat.Appended{
			Message: old, Duplicate: true, Members: len(r.active()),
		})
		return
	}
	member := r.members[n.Sender]
	if n.Kind != chat.MessageSystem && (member == nil || !member.active) {
		refused(rt, err, chat.ErrForbidden)
		return
	}
	r.rev++
	msg := chat.Message{
		Room: n.Room, Seq: r.last() + 1, Rev: r.rev,
		Sender: n.Sender, Nonce: n.Nonce, Kind: n.Kind, Text: n.Text, CreatedAt: n.At,
	}
	r.messages = append(r.messages, msg)
	if member != nil {
		member.readUpTo(msg.Seq)
	}
	claimed := n.ClaimedBy != "" && !m.model.waits(n.Room)
	same(rt, "appended", must(a, err).or(rt), chat.Appended{
		Message: msg, Outbox: a.Outbox, Claimed: claimed, Members: len(r.active()),
	})
	e := &modelEntry{id: a.Outbox, message: msg}
	if claimed {
		e.by, e.until, e.attempts = n.ClaimedBy, n.ClaimedUntil, 1
	}
	m.model.outbox = append(m.model.outbox, e)
}

func (m *machine) join(rt *rapid.T) {
	id := anyRoom(rt)
	n := chat.NewMember{
		User:        anyUser(rt),
		Role:        rapid.SampledFrom([]chat.Role{chat.RoleOwner, chat.RoleMember}).Draw(rt, "role"),
		HideHistory: rapid.Bool().Draw(rt, "hide history"),
	}
	_, joined, err := m.Join(m.ctx, m.ref(id), n, m.now)
	r, ok := m.model.rooms[id]
	if !ok {
		refused(rt, err, chat.ErrNotFound)
		return
	}
	old := r.members[n.User]
	same(rt, "joined", must(joined, err).or(rt), old == nil || !old.active)
	if joined {
		r.rev++
		r.join(n, m.now)
	}
}

func (m *machine) leave(rt *rapid.T) {
	id, u := anyRoom(rt), anyUser(rt)
	_, left, err := m.Leave(m.ctx, m.ref(id), u, m.now)
	r, ok := m.model.rooms[id]
	if !ok || r.members[u] == nil {
		refused(rt, err, chat.ErrNotFound)
		return
	}
	same(rt, "left", must(left, err).or(rt), r.members[u].active)
	if left {
		r.rev++
		r.leave(u)
	}
}

func (m *machine) read(rt *rapid.T) {
	id, u := anyRoom(rt), anyUser(rt)
	r, ok := m.model.rooms[id]
	var last int64
	if ok {
		last = r.last()
	}
	seq := rapid.Int64Range(-1, last+3).Draw(rt, "seq")
	got, moved, err := m.MarkRead(m.ctx, m.ref(id), u, seq, m.now)
	if !ok {
		refused(rt, err, chat.ErrNotFound)
		return
	}
	member := r.members[u]
	if member == nil || !member.active {
		refused(rt, err, chat.ErrForbidden)
		return
	}
	before := member.cursor()
	member.readUpTo(min(seq, last))
	same(rt, "moved", must(moved, err).or(rt), member.cursor() > before)
	same(rt, "cursor", got.ReadSeq, member.cursor())
}

func (m *machine) wait(rt *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "milliseconds")) * time.Millisecond)
}

// refused ends the run unless err is want.
func refused(rt *rapid.T, err, want error) {
	rt.Helper()
	if !errors.Is(err, want) {
		rt.Fatalf("error %v, want %v", err, want)
	}
}

func (m *machine) history(rt *rapid.T) {
	r, ok := m.model.rooms[anyRoom(rt)]
	if !ok || len(r.messages) == 0 {
		return
	}
	q := chat.HistoryQuery{
		Direction: rapid.SampledFrom([]chat.Direction{chat.Before, chat.After}).Draw(rt, "direction"),
		Seq:       rapid.Int64Range(0, r.last()+2).Draw(rt, "seq"),
		Limit:     rapid.IntRange(1, 8).Draw(rt, "limit"),
		From:      rapid.Int64Range(0, r.last()+1).Draw(rt, "from"),
	}
	var visible, want []chat.Message
	for _, msg := range r.messages {
		if msg.Seq < q.From {
			continue
		}
		visible = append(visible, msg)
		if q.Direction == chat.After && msg.Seq > q.Seq || q.Direction == chat.Before && (q.Seq == 0 || msg.Seq < q.Seq) {
			want = append(want, msg)
		}
	}
	if q.Direction == chat.After {
		want = want[:min(q.Limit, len(want))]
	} else {
		want = want[max(0, len(want)-q.Limit):]
	}
	p := must(m.History(m.ctx, r.messages[0].Room, q)).or(rt)
	if !slices.Equal(p.Messages, want) {
		rt.Fatalf("history %+v:\n got %+v\nwant %+v", q, p.Messages, want)
	}
	if len(want) > 0 {
		same(rt, "has older", p.HasOlder, want[0] != visible[0])
		same(rt, "has newer", p.HasNewer, want[len(want)-1] != visible[len(visible)-1])
	} else {
		same(rt, "something beside an empty page", p.HasOlder || p.HasNewer, len(visible) > 0)
	}
}

package chattest

import (
	"context"
	"testing"
	"time"

	"madang/chat"
)

// Run runs every check, each as a subtest with a store of its own from open. The store must be empty, and be closed by
// t.Cleanup if it needs closing; it may be used by several goroutines.
func Run(t *testing.T, open func(t *testing.T) chat.Store, options ...Option) {
	s := suite{open: open}
	for _, o := range options {
		o(&s)
	}
	t.Run("Rooms", s.rooms)
	t.Run("DirectRooms", s.directRooms)
	t.Run("PublicRooms", s.publicRooms)
	t.Run("Tenants", s.tenants)
	t.Run("Membership", s.membership)
	t.Run("HiddenHistory", s.hiddenHistory)
	t.Run("Heirs", s.heirs)
	t.Run("Users", s.users)
	t.Run("MembersPages", s.membersPages)
	t.Run("Append", s.append)
	t.Run("AppendRefused", s.appendRefused)
	t.Run("NonceForGood", s.nonceForGood)
	t.Run("HistoryBothWays", s.historyBothWays)
	t.Run("HistoryLimits", s.historyLimits)
	t.Run("Cursor", s.cursor)
	t.Run("UnreadAndRooms", s.unreadAndRooms)
	t.Run("UnreadBy", s.unreadBy)
	t.Run("OutboxOrder", s.outboxOrder)
	t.Run("OutboxLease", s.outboxLease)
	t.Run("OutboxBornClaimed", s.outboxBornClaimed)
	t.Run("ConcurrentSenders", s.concurrentSenders)
	t.Run("ConcurrentNonces", s.concurrentNonces)
	t.Run("ConcurrentCursors", s.concurrentCursors)
	t.Run("ConcurrentDirect", s.concurrentDirect)
	t.Run("Machine", s.machine)
	if s.reopen != nil {
		t.Run("Reopened", s.reopened)
	}
}

// An Option tells Run more about a store.
type Option func(*suite)

// Reopen says that the store persists: reopen closes a store that open or reopen returned and opens the same data again.
func Reopen(reopen func(t *testing.T, s chat.Store) chat.Store) Option {
	return func(s *suite) { s.reopen = reopen }
}

type suite struct {
	open   func(t *testing.T) chat.Store
	reopen func(t *testing.T, s chat.Store) chat.Store
}

const app = "app1"

// start is when the checks take place.
func start() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }

func ref(id string) chat.RoomRef { return chat.RoomRef{App: app, ID: id} }

func user(id string) chat.UserRef { return chat.UserRef{App: app, ID: id} }

// a fixture is a store with short ways to do what must succeed.
type fixture struct {
	chat.Store
	t   *testing.T
	ctx context.Context
}

func (s suite) fixture(t *testing.T) fixture {
	return fixture{Store: s.open(t), t: t, ctx: t.Context()}
}

// room makes a room with members.
func (f fixture) room(id string, kind chat.RoomKind, members ...string) chat.Room {
	f.t.Helper()
	n := chat.NewRoom{Ref: ref(id), Kind: kind, Name: "room " + id, At: start()}
	for _, m := range members {
		n.Members = append(n.Members, chat.NewMember{User: m, Role: chat.RoleMember})
	}
	r, created, err := f.EnsureRoom(f.ctx, n)
	if err != nil || !created {
		f.t.Fatalf("EnsureRoom(%s) = %v, %v", id, created, err)
	}
	return r
}

// text describes a message of a member.
func text(room, sender, nonce, text string, at time.Time) chat.NewMessage {
	return chat.NewMessage{Room: ref(room), Sender: sender, Nonce: nonce, Kind: chat.MessageText, Text: text, At: at}
}

// send appends a message that must be accepted.
func (f fixture) send(room, sender, nonce, body string) chat.Appended {
	f.t.Helper()
	a, err := f.Append(f.ctx, text(room, sender, nonce, body, start()))
	if err != nil {
		f.t.Fatalf("Append(%s, %s, %q) failed: %v", room, sender, nonce, err)
	}
	return a
}

// system appends a system message.
func (f fixture) system(room, body string) chat.Appended {
	f.t.Helper()
	a, err := f.Append(f.ctx, chat.NewMessage{Room: ref(room), Kind: chat.MessageSystem, Text: body, At: start()})
	if err != nil {
		f.t.Fatalf("Append of a system message to %s failed: %v", room, err)
	}
	return a
}

// A result is what a call returned.
type result[T any] struct {
	value T
	err   error
}

// must takes what a call returned, so that its value can be used in an expression: must(call()).or(t).
func must[T any](value T, err error) result[T] { return result[T]{value, err} }

// or returns the value, or ends the test on an error.
func (r result[T]) or(t failer) T {
	t.Helper()
	if r.err != nil {
		t.Fatal(r.err)
	}
	return r.value
}

// A failer is what testing.T and rapid.T have in common.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// same ends the test if got is not want.
func same[T comparable](t failer, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

package chat_test

import (
	"errors"
	"testing"

	"madang"
	"madang/chat"
	"madang/store/memory"
)

// Who makes a room does not choose its id, or could sit down in a channel of that name that somebody else uses.
func TestIDsAreTheServers(t *testing.T) {
	hub := madang.New(madang.Config{})
	f, err := chat.Open(hub, memory.NewChat(), chat.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	eve := &madang.Principal{App: "app1", User: "eve"}
	_, err = f.CreateRoom(t.Context(), eve, chat.RoomSpec{ID: "orders", Kind: chat.RoomPrivate, Name: "mine"})
	refusal, ok := errors.AsType[*madang.Refusal](err)
	if !ok || refusal.Code != "id_refused" || !errors.Is(err, madang.ErrForbidden) {
		t.Fatalf("%v", err)
	}
	if _, err := f.Room(t.Context(), eve, "orders"); !errors.Is(err, madang.ErrNotFound) {
		t.Fatalf("there is a room: %v", err)
	}
}

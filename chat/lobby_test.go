package chat_test

import (
	"errors"
	"testing"

	"madang/chat"
	"madang/store/memory"
)

// Whoever comes first must not get the room that everybody will be in.
func TestNobodyOwnsTheDefaultRoom(t *testing.T) {
	s, err := chat.New(chat.Defaults(), memory.NewChat())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []chat.RoomKind{chat.RoomPublic, chat.RoomPrivate} {
		spec := chat.RoomSpec{ID: chat.Defaults().DefaultRoom.ID, Kind: kind, Name: "mine"}
		if _, err := s.CreateRoom(t.Context(), chat.UserRef{App: "app", ID: "squatter"}, spec); !errors.Is(err, chat.ErrConflict) {
			t.Errorf("%v: %v", kind, err)
		}
	}
}

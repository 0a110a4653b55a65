package chat_test

import (
	"encoding/json"
	"testing"

	"madang"
	"madang/chat"
)

func TestMissed(t *testing.T) {
	room := func(id string) madang.Channel { return chat.RoomChannel(chat.RoomRef{App: "a", ID: id}) }
	for want, in := range map[string][]madang.Channel{
		`{"rooms":["7","8"]}`: {room("8"), room("7")}, `{"rooms":null}`: nil, `{"rooms": null}`: {room("7"), madang.UserChannel("a", "kim")},
	} {
		var v chat.SyncView
		if err := json.Unmarshal([]byte(want), &v); err != nil {
			t.Fatal(err)
		}
		got, _ := json.Marshal(chat.Missed(in))
		if w, _ := json.Marshal(v); string(got) != string(w) {
			t.Errorf("%v: %s, want %s", in, got, w)
		}
	}
}

package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"madang"
)

// The arguments of the procedures. Fields that are not here are ignored, a sender among them: who sends is who is
// connected.
type (
	roomArg struct {
		Room string `json:"room"`
	}
	sendArg struct {
		Room    string  `json:"room"`
		Message *string `json:"message"`
		Text    *string `json:"text"`
		Nonce   string  `json:"nonce"`
		Socket  string  `json:"socket"` // a connection that knows already: see NewMessage.Skip
	}
	createArg struct {
		ID      string   `json:"id"`
		Name    string   `json:"name"`
		Type    RoomKind `json:"type"`
		Members []string `json:"members"`
	}
	memberArg struct {
		Room        string `json:"room"`
		User        string `json:"user"`
		HideHistory bool   `json:"hide_history"`
	}
	listArg struct {
		Room  string `json:"room"`
		After string `json:"after"`
		Limit int    `json:"limit"`
		Scope string `json:"scope"`
	}
	historyArg struct {
		Room   string `json:"room"`
		Before int64  `json:"before"`
		After  *int64 `json:"after"`
		Around int64  `json:"around"`
		Limit  int    `json:"limit"`
	}
	readArg struct {
		Room string `json:"room"`
		Seq  int64  `json:"seq"`
	}
)

// The replies that are lists.
type (
	roomList struct {
		Rooms []RoomView `json:"rooms"`
	}
	memberList struct {
		Members []MemberView `json:"members"`
	}
	onlineList struct {
		Users []string `json:"users"`
	}
)

// procedure makes a Procedure of a function on the argument's type.
func procedure[In, Out any](do func(context.Context, *madang.Principal, In) (Out, error)) madang.Procedure {
	return func(ctx context.Context, c *madang.Conn, arg []byte) ([]byte, error) {
		in, err := decode[In](arg)
		if err != nil {
			return nil, err
		}
		out, err := do(ctx, c.Principal(), in)
		if err != nil {
			return nil, err
		}
		reply, err := json.Marshal(out)
		if err != nil {
			return nil, fmt.Errorf("chat: reply: %w", err)
		}
		return reply, nil
	}
}

// decode reads an argument: one JSON object, or nothing.
func decode[In any](arg []byte) (In, error) {
	var in In
	if !utf8.Valid(arg) {
		return in, fmt.Errorf("chat: argument is not valid UTF-8: %w", ErrInvalid)
	}
	d := json.NewDecoder(strings.NewReader(string(arg)))
	if err := d.Decode(&in); err != nil && !(errors.Is(err, io.EOF) && len(arg) == 0) {
		return in, fmt.Errorf("chat: argument: %w: %w", ErrInvalid, err)
	}
	return in, nil
}

type nothing struct{}

// procedures are what the feature answers, by the names of Policy.
func (f *Feature) procedures() map[string]madang.Procedure {
	return map[string]madang.Procedure{
		"sendMessage":  procedure(f.callSend),
		"rooms":        procedure(f.callRooms),
		"createRoom":   procedure(f.callCreate),
		"history":      procedure(f.callHistory),
		"addMember":    procedure(f.callAdd),
		"removeMember": procedure(f.callRemove),
		"dm": procedure(func(ctx context.Context, p *madang.Principal, a memberArg) (RoomView, error) {
			return f.OpenDirect(ctx, p, a.User)
		}),
		"join": procedure(func(ctx context.Context, p *madang.Principal, a roomArg) (RoomView, error) {
			return f.Join(ctx, p, f.roomOr(a.Room))
		}),
		"leave": procedure(func(ctx context.Context, p *madang.Principal, a roomArg) (nothing, error) {
			return nothing{}, f.Leave(ctx, p, f.roomOr(a.Room))
		}),
		"members": procedure(func(ctx context.Context, p *madang.Principal, a listArg) (memberList, error) {
			list, err := f.Members(ctx, p, a.Room, ListQuery{After: a.After, Limit: a.Limit})
			return memberList{list}, err
		}),
		"read": procedure(func(ctx context.Context, p *madang.Principal, a readArg) (ReadState, error) {
			return f.MarkRead(ctx, p, a.Room, a.Seq)
		}),
		"unread": procedure(func(ctx context.Context, p *madang.Principal, _ nothing) (UnreadState, error) {
			return f.Unread(ctx, p)
		}),
		"online": procedure(func(ctx context.Context, p *madang.Principal, a roomArg) (onlineList, error) {
			list, err := f.Online(ctx, p, a.Room)
			return onlineList{list}, err
		}),
	}
}

func (f *Feature) callSend(ctx context.Context, p *madang.Principal, a sendArg) (Sent, error) {
	text := a.Message
	if text == nil {
		text = a.Text
	}
	if text == nil {
		return Sent{}, fmt.Errorf("chat: sendMessage: neither message nor text: %w", ErrInvalid)
	}
	return f.Send(ctx, p, a.Room, Draft{Text: *text, Nonce: a.Nonce, Skip: madang.ConnID(a.Socket)})
}

func (f *Feature) callRooms(ctx context.Context, p *madang.Principal, a listArg) (roomList, error) {
	var list []RoomView
	var err error
	if a.Scope == "public" {
		list, err = f.Discover(ctx, p, ListQuery{After: a.After, Limit: a.Limit})
	} else {
		list, err = f.Rooms(ctx, p, RoomsQuery{Limit: a.Limit})
	}
	return roomList{list}, err
}

func (f *Feature) callCreate(ctx context.Context, p *madang.Principal, a createArg) (RoomView, error) {
	return f.CreateRoom(ctx, p, RoomSpec{ID: a.ID, Kind: a.Type, Name: a.Name, Members: a.Members})
}

func (f *Feature) callAdd(ctx context.Context, p *madang.Principal, a memberArg) (MemberView, error) {
	return f.AddMember(ctx, p, f.roomOr(a.Room), a.User, a.HideHistory)
}

func (f *Feature) callRemove(ctx context.Context, p *madang.Principal, a memberArg) (nothing, error) {
	return nothing{}, f.RemoveMember(ctx, p, f.roomOr(a.Room), a.User)
}

func (f *Feature) callHistory(ctx context.Context, p *madang.Principal, a historyArg) (PageView, error) {
	switch {
	case a.Around > 0:
		return f.Around(ctx, p, f.roomOr(a.Room), a.Around, a.Limit)
	case a.After != nil:
		return f.History(ctx, p, a.Room, HistoryQuery{Direction: After, Seq: *a.After, Limit: a.Limit})
	}
	return f.History(ctx, p, a.Room, HistoryQuery{Seq: a.Before, Limit: a.Limit})
}

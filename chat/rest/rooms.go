package rest

import (
	"cmp"
	"context"

	"madang/chat"
)

// InRoom is the part of a request's path that names a room. It is exported for the router, which passes over what is not.
type InRoom struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the room"`
}

func (a *API) me(ctx context.Context, _ *struct{}) (*reply[chat.Person], error) {
	p := who(ctx)
	return &reply[chat.Person]{chat.Person{ID: p.User, Name: cmp.Or(p.Name, p.User)}}, nil
}

func (a *API) unread(ctx context.Context, _ *struct{}) (*reply[chat.UnreadState], error) {
	return answer(a.chat.Unread(ctx, who(ctx)))
}

type roomsIn struct {
	Scope string `query:"scope" enum:"mine,public" doc:"mine: the rooms I am in, the most lively first. public: those that I may join, by id"`
	After string `query:"after" maxLength:"64" doc:"Of public rooms: those behind this id"`
	Limit int    `query:"limit" minimum:"0" doc:"At most so many; default 1000 of mine, 50 of public ones; never more than 1000"`
}

// RoomList is a list of rooms.
type RoomList struct {
	Rooms []chat.RoomView `json:"rooms" nullable:"false"`
}

func (a *API) rooms(ctx context.Context, in *roomsIn) (*reply[RoomList], error) {
	var list []chat.RoomView
	var err error
	if in.Scope == "public" {
		list, err = a.chat.Discover(ctx, who(ctx), chat.ListQuery{After: in.After, Limit: in.Limit})
	} else {
		list, err = a.chat.Rooms(ctx, who(ctx), chat.RoomsQuery{Limit: cmp.Or(in.Limit, chat.MaxRooms)})
	}
	return answer(RoomList{list}, err)
}

// NewRoom is the body of a request for a room.
type NewRoom struct {
	_       struct{}      `additionalProperties:"true"`
	ID      string        `json:"id,omitempty" maxLength:"64" doc:"Letters, digits, '.', '_' and '-'; absent: one is made"`
	Name    string        `json:"name" minLength:"1" doc:"For people"`
	Type    chat.RoomKind `json:"type" enum:"public,private"`
	Members []string      `json:"members,omitempty" nullable:"false" doc:"Ids of the other first members"`
}

type createIn struct{ Body NewRoom }

func (a *API) createRoom(ctx context.Context, in *createIn) (*reply[chat.RoomView], error) {
	return answer(a.chat.CreateRoom(ctx, who(ctx), chat.RoomSpec{
		ID: in.Body.ID, Kind: in.Body.Type, Name: in.Body.Name, Members: in.Body.Members,
	}))
}

// Direct is the body of a request for a direct room.
type Direct struct {
	_    struct{} `additionalProperties:"true"`
	User string   `json:"user" minLength:"1" maxLength:"128" doc:"Id of the other one"`
}

type directIn struct{ Body Direct }

func (a *API) openDirect(ctx context.Context, in *directIn) (*reply[chat.RoomView], error) {
	return answer(a.chat.OpenDirect(ctx, who(ctx), in.Body.User))
}

func (a *API) room(ctx context.Context, in *InRoom) (*reply[chat.RoomView], error) {
	return answer(a.chat.Room(ctx, who(ctx), in.ID))
}

func (a *API) join(ctx context.Context, in *InRoom) (*reply[chat.RoomView], error) {
	return answer(a.chat.Join(ctx, who(ctx), in.ID))
}

func (a *API) leave(ctx context.Context, in *InRoom) (*none, error) {
	return done(a.chat.Leave(ctx, who(ctx), in.ID))
}

type membersIn struct {
	InRoom
	After string `query:"after" maxLength:"128" doc:"Those behind this user id"`
	Limit int    `query:"limit" minimum:"0" doc:"At most so many; default 300, never more than 1000"`
}

// MemberList is a list of members.
type MemberList struct {
	Members []chat.MemberView `json:"members" nullable:"false"`
}

func (a *API) members(ctx context.Context, in *membersIn) (*reply[MemberList], error) {
	list, err := a.chat.Members(ctx, who(ctx), in.ID, chat.ListQuery{After: in.After, Limit: in.Limit})
	return answer(MemberList{list}, err)
}

type memberIn struct {
	InRoom
	User string `path:"user" maxLength:"128" doc:"Id of the user"`
}

type addMemberIn struct {
	InRoom
	User        string `path:"user" maxLength:"128" doc:"Id of the user"`
	HideHistory bool   `query:"hide_history" doc:"Let them see only what is written from now on"`
}

func (a *API) addMember(ctx context.Context, in *addMemberIn) (*reply[chat.MemberView], error) {
	return answer(a.chat.AddMember(ctx, who(ctx), in.ID, in.User, in.HideHistory))
}

func (a *API) removeMember(ctx context.Context, in *memberIn) (*none, error) {
	return done(a.chat.RemoveMember(ctx, who(ctx), in.ID, in.User))
}

// Cursor is the body of a request that moves a read cursor.
type Cursor struct {
	_   struct{} `additionalProperties:"true"`
	Seq int64    `json:"seq" minimum:"0" doc:"Everything up to here has been read; it never goes backwards"`
}

type readIn struct {
	InRoom
	Body Cursor
}

func (a *API) read(ctx context.Context, in *readIn) (*reply[chat.ReadState], error) {
	return answer(a.chat.MarkRead(ctx, who(ctx), in.ID, in.Body.Seq))
}

package rest

import (
	"cmp"
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"madang"
	"madang/chat"
)

type messagesIn struct {
	InRoom
	Limit  int   `query:"limit" minimum:"0" doc:"At most so many; default 50, never more than 200"`
	Before int64 `query:"before" minimum:"0" doc:"The newest messages below this seq"`
	After  int64 `query:"after" minimum:"0" doc:"The oldest messages above this seq"`
	Around int64 `query:"around" minimum:"0" doc:"The messages on both sides of this seq, and itself"`

	given []string // which of the three there are: after=0 is the beginning, no after is the end
}

// Resolve implements huma.Resolver.
func (in *messagesIn) Resolve(ctx huma.Context) []error {
	for _, name := range []string{"before", "after", "around"} {
		if ctx.Query(name) != "" {
			in.given = append(in.given, name)
		}
	}
	if len(in.given) > 1 {
		return []error{&huma.ErrorDetail{Location: "query." + in.given[1], Message: "only one of before, after and around"}}
	}
	return nil
}

func (a *API) messages(ctx context.Context, in *messagesIn) (*reply[chat.PageView], error) {
	where := ""
	if len(in.given) > 0 {
		where = in.given[0]
	}
	switch where {
	case "around":
		return answer(a.chat.Around(ctx, who(ctx), in.ID, in.Around, in.Limit))
	case "after":
		q := chat.HistoryQuery{Direction: chat.After, Seq: in.After, Limit: in.Limit}
		return answer(a.chat.History(ctx, who(ctx), in.ID, q))
	}
	return answer(a.chat.History(ctx, who(ctx), in.ID, chat.HistoryQuery{Seq: in.Before, Limit: in.Limit}))
}

type messageIn struct {
	InRoom
	Seq int64 `path:"seq" minimum:"1"`
}

func (a *API) message(ctx context.Context, in *messageIn) (*reply[chat.MessageView], error) {
	return answer(a.chat.Message(ctx, who(ctx), in.ID, in.Seq))
}

// NewMessage is the body of a send. The text is in text or, for those who say so, in message.
type NewMessage struct {
	_       struct{} `additionalProperties:"true"`
	Text    string   `json:"text,omitempty" doc:"What is said"`
	Message string   `json:"message,omitempty" doc:"Another name for text"`
	Nonce   string   `json:"nonce,omitempty" maxLength:"128" doc:"The sender's own word for the message: the same one again is the same message"`
}

type sendIn struct {
	InRoom
	Key string `header:"Idempotency-Key" maxLength:"128" doc:"The nonce, if the body has none"`
	// Laravel Echo adds it to every request, whether it has an id or not: what is none is ignored.
	Socket string `header:"X-Socket-ID" maxLength:"256" doc:"A connection that is not told of the message: the sender's own, which knows it already"`
	Body   NewMessage
}

func (a *API) send(ctx context.Context, in *sendIn) (*reply[chat.Sent], error) {
	text := in.Body.Text
	if text == "" {
		text = in.Body.Message
	}
	if text == "" {
		return nil, fmt.Errorf("neither text nor message: %w", madang.ErrInvalid)
	}
	d := chat.Draft{Text: text, Nonce: cmp.Or(in.Body.Nonce, in.Key)}
	if id := madang.ConnID(in.Socket); chat.ValidSocket(id) {
		d.Skip = id
	}
	return answer(a.chat.Send(ctx, who(ctx), in.ID, d))
}

// AliasSent is the answer to a send by its alias.
type AliasSent struct {
	chat.Sent
	RoomID  string `json:"roomId"`
	UserID  string `json:"userId"`
	Message string `json:"message"`
}

func (a *API) sendAlias(ctx context.Context, in *sendIn) (*reply[AliasSent], error) {
	r, err := a.send(ctx, in)
	if err != nil {
		return nil, err
	}
	return &reply[AliasSent]{AliasSent{Sent: r.Body, RoomID: r.Body.Room, UserID: r.Body.Sender, Message: r.Body.Text}}, nil
}

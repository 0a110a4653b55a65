package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// routes registers all operations.
func (a *API) routes() {
	add(a, "me", "", http.MethodGet, "/v1/me", 200, "Who the token is for", a.me)
	add(a, "unread", "unread", http.MethodGet, "/v1/unread", 200, "How much is unread", a.unread)

	add(a, "list-rooms", "rooms", http.MethodGet, "/v1/rooms", 200, "My rooms, or public ones that I am not in", a.rooms)
	add(a, "create-room", "createRoom", http.MethodPost, "/v1/rooms", 201, "Make a room", a.createRoom)
	add(a, "open-direct", "dm", http.MethodPost, "/v1/dms", 200, "The direct room with somebody", a.openDirect)
	add(a, "get-room", "rooms", http.MethodGet, "/v1/rooms/{id}", 200, "A room", a.room)
	add(a, "join-room", "join", http.MethodPost, "/v1/rooms/{id}/join", 200, "Become a member of a public room", a.join)
	add(a, "leave-room", "leave", http.MethodPost, "/v1/rooms/{id}/leave", 204, "Stop being a member", a.leave)

	add(a, "list-members", "members", http.MethodGet, "/v1/rooms/{id}/members", 200, "The members of a room", a.members)
	add(a, "add-member", "addMember", http.MethodPut, "/v1/rooms/{id}/members/{user}", 200, "Make somebody a member", a.addMember)
	add(a, "remove-member", "removeMember", http.MethodDelete, "/v1/rooms/{id}/members/{user}", 204, "End a membership, as an owner", a.removeMember)
	add(a, "mark-read", "read", http.MethodPut, "/v1/rooms/{id}/read", 200, "Say how far I have read", a.read)

	add(a, "list-messages", "history", http.MethodGet, "/v1/rooms/{id}/messages", 200, "A page of messages", a.messages)
	add(a, "send-message", "sendMessage", http.MethodPost, "/v1/rooms/{id}/messages", 201, "Send a message", a.send)
	add(a, "get-message", "history", http.MethodGet, "/v1/rooms/{id}/messages/{seq}", 200, "A message", a.message)

	add(a, "alias-send", "sendMessage", http.MethodPost, "/rooms/{id}/message", 201, "Send a message", a.sendAlias)
	add(a, "alias-message", "history", http.MethodGet, "/rooms/{id}/message", 200, "A page of messages", a.messages)
	add(a, "alias-messages", "history", http.MethodGet, "/rooms/{id}/messages", 200, "A page of messages", a.messages)
}

// add registers one operation, which does what a procedure of the chat does: whoever may not call that may not do it here.
func add[I, O any](a *API, id, procedure, method, path string, success int, summary string, do func(context.Context, *I) (*O, error)) {
	huma.Register(a.api, huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: success,
		MaxBodyBytes: a.config.MaxBody + 1, // the router refuses a body of as many bytes as it reads
		Responses:    responses(a.api.OpenAPI().Components.Schemas, success),
	}, func(ctx context.Context, in *I) (*O, error) {
		if err := a.admit(ctx, procedure); err != nil {
			return nil, a.fail(err)
		}
		out, err := do(ctx, in)
		if err != nil {
			return nil, a.fail(err)
		}
		return out, nil
	})
}

// admit asks whether who asks may call a procedure.
func (a *API) admit(ctx context.Context, procedure string) error {
	if a.calls == nil || procedure == "" {
		return nil
	}
	return a.calls.AdmitCall(ctx, who(ctx), procedure)
}

// A reply is an answer with a body.
type reply[T any] struct{ Body T }

func answer[T any](v T, err error) (*reply[T], error) {
	if err != nil {
		return nil, err
	}
	return &reply[T]{v}, nil
}

// none is an answer without a body.
type none struct{}

func done(err error) (*none, error) { return nil, err }

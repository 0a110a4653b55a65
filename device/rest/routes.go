package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// routes registers all operations.
func (a *API) routes() {
	const place, hub = "/v1/places/{place}", "/v1/hubs/{serial}"

	add(a, people, "list-places", "device.places", http.MethodGet, "/v1/places", 200, "The places in which I am", a.places)
	add(a, people, "make-place", "device.make_place", http.MethodPost, "/v1/places", 201, "Make a place", a.makePlace)
	add(a, people, "get-place", "device.places", http.MethodGet, place, 200, "A place", a.place)
	add(a, people, "rename-place", "device.rename_place", http.MethodPatch, place, 200, "Rename a place, as an owner", a.renamePlace)
	add(a, people, "delete-place", "device.delete_place", http.MethodDelete, place, 204, "Delete a place, as an owner", a.deletePlace)
	add(a, people, "list-members", "device.places", http.MethodGet, place+"/members", 200, "The members of a place", a.members)
	add(a, people, "set-role", "device.set_role", http.MethodPut, place+"/members/{person}", 200, "Change a member's role, as an owner", a.setRole)
	add(a, people, "remove-member", "device.remove_member", http.MethodDelete, place+"/members/{person}", 204,
		"Take somebody out of a place, as an owner, or leave it", a.removeMember)
	add(a, people, "invite", "device.invite", http.MethodPost, place+"/invitations", 201, "Invite somebody, as an owner", a.invite)
	add(a, people, "join", "device.join", http.MethodPost, "/v1/invitations/accept", 200, "Accept an invitation", a.join)
	add(a, people, "audit", "device.audit", http.MethodGet, place+"/audit", 200, "What has happened at a place, for its owners", a.audit)
	add(a, people, "list-hubs", "device.places", http.MethodGet, place+"/hubs", 200, "The hubs of a place", a.hubs)
	add(a, people, "remove-hub", "device.remove_hub", http.MethodDelete, place+"/hubs/{serial}", 204, "Take a hub out of a place, as an owner", a.removeHub)

	add(a, people, "ask-code", "device.code", http.MethodPost, hub+"/code", 204, "Have the hub's display show a code", a.askCode)
	add(a, people, "check-code", "device.check", http.MethodPost, hub+"/pair", 201, "Pair by the code on the display", a.checkCode)
	add(a, holders, "list-tokens", "device.unpair", http.MethodGet, hub+"/tokens", 200, "Who has paired with a hub: all for owners, mine for others", a.tokens)
	add(a, holders, "end-token", "device.unpair", http.MethodDelete, hub+"/tokens/{token}", 204, "End a pairing", a.endToken)

	add(a, holders, "get-hub", "device.devices", http.MethodGet, hub, 200, "A hub with its devices", a.hub)
	add(a, holders, "list-devices", "device.devices", http.MethodGet, hub+"/devices", 200, "The devices of a hub", a.devices)
	add(a, holders, "get-device", "device.devices", http.MethodGet, hub+"/devices/{device}", 200, "A device: what it reports and what is wished of it", a.device)
	add(a, holders, "command", "device.command", http.MethodPost, hub+"/devices/{device}/commands", 200, "Command a device", a.command)
	add(a, holders, "list-commands", "device.devices", http.MethodGet, hub+"/commands", 200, "Commands of a hub, the newest first", a.commands)
	add(a, holders, "get-command", "device.devices", http.MethodGet, hub+"/commands/{command}", 200, "A command", a.commandOf)

	add(a, hubs, "hello", "", http.MethodPost, hub+"/hello", 204, "As a hub: say what devices there are", a.hello)
	add(a, hubs, "report", "", http.MethodPost, hub+"/report", 204, "As a hub: say how a device is", a.report)
	add(a, hubs, "answer", "", http.MethodPost, hub+"/answer", 200, "As a hub: say what became of a command", a.answered)
	add(a, hubs, "press", "", http.MethodPost, hub+"/press", 204, "As a hub: somebody has pressed the button", a.press)
	add(a, hubs, "withdraw", "", http.MethodPost, hub+"/withdraw", 204, "As a hub: somebody does not want the code", a.withdraw)
	add(a, hubs, "pending", "", http.MethodGet, hub+"/pending", 200, "As a hub: wait for commands, and for what the display is to show", a.pending)

	add(a, insides, "ably-token", "", http.MethodPost, hub+"/ably-token", 200,
		"A token for clients of Ably's protocol (community-built, not an Ably product)", a.ablyToken)
}

// add registers one operation, which does what a procedure does: whoever may not call that may not do it here.
func add[I, O any](a *API, k kind, id, procedure, method, path string, success int, summary string, do func(context.Context, *I) (*O, error)) {
	huma.Register(a.api, huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: success,
		MaxBodyBytes: a.config.MaxBody + 1, // the router refuses a body of as many bytes as it reads
		Responses:    responses(a.api.OpenAPI().Components.Schemas, success),
	}, func(ctx context.Context, in *I) (*O, error) {
		if err := a.admit(ctx, k, procedure); err != nil {
			return nil, a.fail(err)
		}
		out, err := do(ctx, in)
		if err != nil {
			return nil, a.fail(err)
		}
		return out, nil
	})
}

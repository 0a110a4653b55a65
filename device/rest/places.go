package rest

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"madang/device"
	"madang/device/relay"
)

// OfPlace is the part of a request's path that names a place.
type OfPlace struct {
	Place string `path:"place" maxLength:"64" doc:"Id of the place"`
}

// PlaceList is a list of places.
type PlaceList struct {
	Places []relay.PlaceView `json:"places" nullable:"false"`
}

func (a *API) places(ctx context.Context, _ *struct{}) (*reply[PlaceList], error) {
	all, err := a.rules.Places(ctx, who(ctx).Actor)
	list := PlaceList{Places: []relay.PlaceView{}}
	for _, p := range all {
		list.Places = append(list.Places, relay.ViewPlace(p))
	}
	return answer(list, err)
}

// NewPlace is the body of a request that names a place.
type NewPlace struct {
	_    struct{} `additionalProperties:"true"`
	Name string   `json:"name" minLength:"1" maxLength:"128" doc:"For people"`
}

type makePlaceIn struct{ Body NewPlace }

func (a *API) makePlace(ctx context.Context, in *makePlaceIn) (*reply[relay.PlaceView], error) {
	p, err := a.rules.MakePlace(ctx, who(ctx).Actor, in.Body.Name)
	if err == nil {
		a.Relay.PlaceChanged(ctx, p)
	}
	return answer(relay.ViewPlace(p), err)
}

func (a *API) place(ctx context.Context, in *OfPlace) (*reply[relay.PlaceView], error) {
	p, err := a.rules.OfPlace(ctx, who(ctx).Actor, in.Place)
	return answer(relay.ViewPlace(p), err)
}

type renamePlaceIn struct {
	OfPlace
	Body NewPlace
}

func (a *API) renamePlace(ctx context.Context, in *renamePlaceIn) (*reply[relay.PlaceView], error) {
	p, err := a.rules.RenamePlace(ctx, who(ctx).Actor, in.Place, in.Body.Name)
	return answer(relay.ViewPlace(p), err)
}

func (a *API) deletePlace(ctx context.Context, in *OfPlace) (*none, error) {
	return done(a.rules.DeletePlace(ctx, who(ctx).Actor, in.Place))
}

// MemberList is a list of members.
type MemberList struct {
	Members []relay.MemberView `json:"members" nullable:"false"`
}

func (a *API) members(ctx context.Context, in *OfPlace) (*reply[MemberList], error) {
	p, err := a.rules.OfPlace(ctx, who(ctx).Actor, in.Place)
	return answer(MemberList{relay.ViewPlace(p).Members}, err)
}

type memberIn struct {
	OfPlace
	Person string `path:"person" maxLength:"128" doc:"Id of the person"`
}

// NewRole is the body of a request that changes what somebody is in a place.
type NewRole struct {
	_    struct{}    `additionalProperties:"true"`
	Role device.Role `json:"role" enum:"owner,member"`
}

type setRoleIn struct {
	OfPlace
	Person string `path:"person" maxLength:"128" doc:"Id of the person"`
	Body   NewRole
}

func (a *API) setRole(ctx context.Context, in *setRoleIn) (*reply[relay.PlaceView], error) {
	p, err := a.rules.SetRole(ctx, who(ctx).Actor, in.Place, in.Person, in.Body.Role)
	return answer(relay.ViewPlace(p), err)
}

func (a *API) removeMember(ctx context.Context, in *memberIn) (*none, error) {
	return done(a.rules.Remove(ctx, who(ctx).Actor, in.Place, in.Person))
}

// NewInvitation is the body of a request for an invitation.
type NewInvitation struct {
	_    struct{}    `additionalProperties:"true"`
	Role device.Role `json:"role,omitempty" enum:"owner,member" doc:"What whoever accepts it becomes; default member"`
}

type inviteIn struct {
	OfPlace
	Body NewInvitation
}

// Invitation is the answer to a request for an invitation.
type Invitation struct {
	Secret    string      `json:"secret" doc:"For the one who is invited; it is not shown again"`
	Role      device.Role `json:"role"`
	ExpiresAt time.Time   `json:"expires_at"`
}

func (a *API) invite(ctx context.Context, in *inviteIn) (*reply[Invitation], error) {
	i := Invitation{Role: cmp.Or(in.Body.Role, device.HouseMember)}
	var err error
	if i.Secret, err = a.rules.Invite(ctx, who(ctx).Actor, in.Place, i.Role); err != nil {
		return nil, err
	}
	p, err := a.rules.OfPlace(ctx, who(ctx).Actor, in.Place)
	for _, x := range p.Invitations {
		if x.Code == device.HashOf(i.Secret) {
			i.ExpiresAt = x.ExpiresAt
		}
	}
	return answer(i, err)
}

// Acceptance is the body of a request that accepts an invitation.
type Acceptance struct {
	_      struct{} `additionalProperties:"true"`
	Secret string   `json:"secret" minLength:"1" maxLength:"128"`
}

type joinIn struct{ Body Acceptance }

func (a *API) join(ctx context.Context, in *joinIn) (*reply[relay.PlaceView], error) {
	p, err := a.rules.Join(ctx, who(ctx).Actor, in.Body.Secret)
	return answer(relay.ViewPlace(p), err)
}

type auditIn struct {
	OfPlace
	Before int64 `query:"before" minimum:"0" doc:"Entries with a smaller id"`
	Limit  int   `query:"limit" minimum:"0" doc:"At most so many; default 50, never more than 200"`
}

// AuditEntry says what happened.
type AuditEntry struct {
	ID      int64      `json:"id"`
	At      time.Time  `json:"at"`
	Act     device.Act `json:"act"`
	Person  string     `json:"person,omitempty" doc:"Who did it; absent: a hub or the server"`
	Hub     string     `json:"hub,omitempty"`
	Device  string     `json:"device,omitempty"`
	Command string     `json:"command,omitempty"`
	Detail  string     `json:"detail,omitempty"`
}

// AuditPage is a page of the audit log, the newest entries first.
type AuditPage struct {
	Entries []AuditEntry `json:"entries" nullable:"false"`
	Next    int64        `json:"next,omitempty" doc:"What before is for the next page; absent: this is the last"`
}

func (a *API) audit(ctx context.Context, in *auditIn) (*reply[AuditPage], error) {
	limit := min(cmp.Or(in.Limit, 50), device.MaxAudit)
	list, err := a.rules.Audit(ctx, who(ctx).Actor, in.Place, in.Before, limit)
	page := AuditPage{Entries: []AuditEntry{}}
	for _, e := range list {
		page.Entries = append(page.Entries, AuditEntry{e.ID, e.At, e.Act, e.Person, e.Hub, e.Device, e.Command, e.Detail})
		page.Next = e.ID
	}
	if len(list) < limit {
		page.Next = 0
	}
	return answer(page, err)
}

// HubList is a list of hubs.
type HubList struct {
	Hubs []relay.HubView `json:"hubs" nullable:"false"`
}

func (a *API) hubs(ctx context.Context, in *OfPlace) (*reply[HubList], error) {
	all, err := a.rules.Hubs(ctx, who(ctx).Actor, in.Place)
	list := HubList{Hubs: []relay.HubView{}}
	for _, h := range all {
		list.Hubs = append(list.Hubs, relay.ViewHub(h))
	}
	return answer(list, err)
}

type placeHubIn struct {
	OfPlace
	Serial string `path:"serial" maxLength:"64" doc:"Serial of the hub"`
}

func (a *API) removeHub(ctx context.Context, in *placeHubIn) (*none, error) {
	h, err := a.rules.Hub(ctx, who(ctx).Actor, in.Serial)
	if err == nil && h.Place != in.Place {
		err = fmt.Errorf("hub %s is not in place %s: %w", in.Serial, in.Place, device.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return done(a.rules.RemoveHub(ctx, who(ctx).Actor, in.Serial))
}

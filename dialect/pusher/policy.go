package pusher

import (
	"context"
	"fmt"

	"madang"
	"madang/internal/convention"
)

// GuardName is the guard of this dialect's principals: an app's nobody, and its signed-in users.
const GuardName = "pusher"

// A policy decides by names and signatures for this dialect's principals, and has no opinion on others.
type policy struct {
	apps  *madang.Apps
	names madang.Policy
}

// NewPolicy returns the policy of this dialect's clients. Everybody may subscribe to public channels. For private and
// presence channels it grants what a valid signature proves and refuses a wrong one; without a signature it has no
// opinion, so that a later policy may decide, one that asks the user's own backend. A Server is such a policy itself.
func NewPolicy(apps *madang.Apps) madang.Policy {
	return policy{apps, convention.Policy(apps)}
}

// Authorize implements madang.Policy.
func (p policy) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if r.Principal.Guard != GuardName {
		return nil, nil
	}
	if r.Action == madang.ActSubscribe {
		switch convention.KindOf(r.Channel.Name) {
		case convention.User:
			if user, ok := convention.UserOf(r.Channel.Name); !ok || user != r.Principal.User {
				return nil, fmt.Errorf("not signed in as the user whose channel this is: %w", madang.ErrForbidden)
			}
			return &madang.Grant{}, nil
		case convention.Private, convention.Presence:
			return p.signed(r)
		case convention.Public:
		}
	}
	return p.names.Authorize(ctx, r)
}

// signed decides on a subscription by its signature, and says who a presence channel's new member is.
func (p policy) signed(r madang.AccessRequest) (*madang.Grant, error) {
	if r.Proof == nil || r.Proof.Signature == "" {
		return nil, nil
	}
	if !p.verify(r.Channel.App, r.Proof.Signature, convention.ChannelText(string(r.Conn), r.Channel.Name, r.Proof.Data)) {
		return nil, fmt.Errorf("the signature is not the one of socket id, channel and channel_data with a key of app %q: %w",
			r.Channel.App, madang.ErrForbidden)
	}
	if convention.KindOf(r.Channel.Name) != convention.Presence {
		// A backend may say there, too, whom it has let in; then a feature can end the subscription with the user's rights.
		m, err := memberOf(r.Proof.Data)
		if err != nil {
			m = nil
		}
		return &madang.Grant{Member: m, By: signedIn(r, m)}, nil
	}
	m, err := presenceMember(r)
	if err != nil {
		return nil, err
	}
	return &madang.Grant{Member: m, By: signedIn(r, m)}, nil
}

// signedIn is whose right the signed channel_data says a subscription is, where this server has signed it for somebody who is
// signed in to it: see package authorize. Nil: it does not say.
func signedIn(r madang.AccessRequest, m *madang.Member) *madang.Principal {
	by := &madang.Principal{App: r.Channel.App, Claims: r.Proof.Data}
	guard, _ := by.Claim("guard").(string)
	signIn, _ := by.Claim("sign_in").(string)
	if m == nil || guard == "" || signIn == "" || len(r.Proof.Data) == 0 {
		return nil
	}
	by.Guard, by.User = guard, m.User
	return by
}

// presenceMember is who the signed channel_data says, or without any the signed-in user.
func presenceMember(r madang.AccessRequest) (*madang.Member, error) {
	if len(r.Proof.Data) > 0 {
		return memberOf(r.Proof.Data)
	}
	if r.Principal.User == "" {
		return nil, fmt.Errorf("a presence channel asks for channel_data, or for a user who has signed in: %w", madang.ErrForbidden)
	}
	u, err := parseUserData(r.Principal.Claims)
	if err != nil {
		return nil, fmt.Errorf("the signed-in user: %w: %w", err, madang.ErrInvalid)
	}
	return &madang.Member{User: r.Principal.User, Data: u.Info}, nil
}

// verify reports whether auth, "key:signature", signs a text for an app.
func (p policy) verify(app, auth, text string) bool {
	name, signature, ok := convention.SplitAuth(auth)
	owner, key := p.apps.ByKey(name)
	return ok && owner != nil && owner.ID == app && convention.Verify(key.Secret, text, signature)
}

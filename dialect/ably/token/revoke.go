package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"madang"
)

// Limits of a revocation request.
const (
	MaxTargets   = 100
	ReauthMargin = 30 * time.Second // by which allowReauthMargin puts it off
	oldestBefore = time.Hour        // how long ago issuedBefore may be
)

// A RevokeRequest asks to revoke tokens.
type RevokeRequest struct {
	Targets           []string `json:"targets"`
	IssuedBefore      *int64   `json:"issuedBefore"` // milliseconds since 1970; nil: now
	AllowReauthMargin bool     `json:"allowReauthMargin"`
}

// ParseRevoke reads a revocation request from JSON. The errors are *[Error].
func ParseRevoke(body []byte) (*RevokeRequest, error) {
	if len(body) > MaxRequest {
		return nil, refuse(CodeBadBody, "the revocation request has %d bytes, more than %d", len(body), MaxRequest)
	}
	var r RevokeRequest
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, refuse(CodeBadBody, "the revocation request is not a JSON object with a list of targets")
	}
	return &r, nil
}

// A RevokeResult is what became of one target: times in milliseconds, or an error. As JSON it is what Ably's clients
// read.
type RevokeResult struct {
	Target       string `json:"target"`
	AppliesAt    int64  `json:"appliesAt,omitempty"`
	IssuedBefore int64  `json:"issuedBefore,omitempty"`
	Err          *Error `json:"error,omitempty"`
}

// Revoke revokes tokens of the key named keyName, by a client that has shown that key. There is a result for each target,
// in their order; done are those that are revoked now, for whom the dialect looks after its connections on every node.
func (a *Authority) Revoke(ctx context.Context, keyName string, by *Details, r *RevokeRequest) (results []RevokeResult, done []Revocation, err error) {
	k, ok := a.cfg.Keys.Key(keyName)
	switch {
	case by == nil || !by.Basic:
		return nil, nil, refuse(CodeNeedBasic, "tokens are revoked with the key itself (Basic), not with a token")
	case !ok:
		return nil, nil, refuse(CodeNotFound, "there is no app or key %.100q", keyName)
	case by.Key != k.Name:
		return nil, nil, refuse(CodeCredentials, "tokens of the key %.100q are revoked with that key", k.Name)
	case !k.Revocable:
		return nil, nil, refuse(CodeNotRevocable, "the tokens of the key %.100q cannot be revoked, by its settings", k.Name)
	case len(r.Targets) == 0 || len(r.Targets) > MaxTargets:
		return nil, nil, refuse(CodeBadRequest, "there are %d targets, instead of 1 to %d", len(r.Targets), MaxTargets)
	}
	now := time.UnixMilli(a.cfg.Now().UnixMilli())
	before, applies := now, now
	if r.IssuedBefore != nil {
		before = time.UnixMilli(*r.IssuedBefore)
		if before.After(now) || now.Sub(before) > oldestBefore {
			return nil, nil, refuse(CodeBadValue, "issuedBefore is in the future, or more than an hour ago")
		}
	}
	if r.AllowReauthMargin {
		applies = now.Add(ReauthMargin)
	}
	for _, text := range r.Targets {
		t, err := ParseTarget(text)
		if e := (*Error)(nil); errors.As(err, &e) {
			results = append(results, RevokeResult{Target: text, Err: e})
			continue
		}
		done = append(done, Revocation{k.Name, t, before, applies})
		results = append(results, RevokeResult{Target: text, AppliesAt: applies.UnixMilli(), IssuedBefore: before.UnixMilli()})
	}
	if err := a.cfg.Revocations.Revoke(ctx, done...); err != nil {
		if errors.Is(err, madang.ErrTooMany) {
			return nil, nil, refuse(CodeTooMany, "too many tokens have been revoked in the last hour; revoke later or in groups")
		}
		return nil, nil, fmt.Errorf("revoke tokens of %q: %w", k.Name, err)
	}
	return results, done, nil
}

// Learn takes in what another node has revoked. What is known already changes nothing.
func (a *Authority) Learn(ctx context.Context, all ...Revocation) error {
	if err := a.cfg.Revocations.Revoke(ctx, all...); err != nil {
		return fmt.Errorf("learn of %d revocations: %w", len(all), err)
	}
	return nil
}

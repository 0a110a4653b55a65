package rest

import (
	"net/http"

	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
)

// time answers with the server's time in milliseconds, by which clients sign.
func (a *API) time(*call) (*answer, error) {
	return &answer{value: []int64{a.hub.Now().UnixMilli()}}, nil
}

// up tells clients that the network works.
func up(*call) (*answer, error) { return &answer{text: "yes"}, nil }

// requestToken exchanges a request for a token. A signed one needs no credentials.
func (a *API) requestToken(c *call) (*answer, error) {
	b, err := c.json()
	if err != nil {
		return nil, err
	}
	req, err := token.ParseRequest(b)
	if err != nil {
		return nil, err
	}
	var by *token.Details
	if found, err := c.shown(); req.MAC == "" && (err != nil || found != (token.Credentials{})) {
		if err != nil {
			return nil, err
		}
		if by, err = a.authenticate(c.r.Context(), found); err != nil {
			return nil, err
		}
	}
	out, err := a.o.Authority.Issue(c.r.Context(), c.r.PathValue("key"), by, req)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusCreated, value: out}, nil
}

// A tally is the answer to what was asked for several things at once.
type tally struct {
	SuccessCount int `json:"successCount"`
	FailureCount int `json:"failureCount"`
	Results      any `json:"results"`
}

// revokeTokens ends tokens before their time.
func (a *API) revokeTokens(c *call) (*answer, error) {
	if err := c.authenticate(); err != nil {
		return nil, err
	}
	b, err := c.json()
	if err != nil {
		return nil, err
	}
	req, err := token.ParseRevoke(b)
	if err != nil {
		return nil, err
	}
	results, done, err := a.o.Authority.Revoke(c.r.Context(), c.r.PathValue("key"), c.details, req)
	if err != nil {
		return nil, err
	}
	if len(done) > 0 && a.o.Revoked != nil {
		if err := a.o.Revoked(c.r.Context(), done); err != nil {
			a.log.Error("tokens were revoked on this node alone: others take them, and connections there go on", "key", c.r.PathValue("key"), "error", err)
			return nil, shape.Info(shape.CodeUnavailable, "The tokens are revoked on one node, and the others could not be told. Ask again: that does no harm.")
		}
	}
	out := tally{Results: results}
	for i := range results {
		if results[i].Err != nil {
			out.FailureCount++
		} else {
			out.SuccessCount++
		}
	}
	return &answer{status: http.StatusCreated, value: out}, nil
}

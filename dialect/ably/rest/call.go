package rest

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"madang"
	"madang/dialect/ably"
	"madang/dialect/ably/capability"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
	"madang/internal/convention"
)

// A call is one request.
type call struct {
	api      *API
	r        *http.Request
	query    url.Values
	binary   bool // the answer is MessagePack
	envelope bool // what would be headers stands in the body
	details  *token.Details

	principal *madang.Principal // the details as policies know them; nil until they are asked
}

// The forms of bodies. Clients compare the whole header, so it has no parameters.
const (
	typeJSON    = "application/json"
	typeMsgpack = "application/x-msgpack"
)

// negotiate finds out which form the answer has: the header Accept decides, then the parameter format.
func (c *call) negotiate() {
	c.envelope = c.query.Get("envelope") != ""
	c.binary = c.query.Get("format") == "msgpack"
	for one := range strings.SplitSeq(c.r.Header.Get("Accept"), ",") {
		kind, _, _ := strings.Cut(strings.TrimSpace(one), ";")
		switch strings.ToLower(kind) {
		case typeMsgpack, "application/msgpack":
			c.binary = true
			return
		case typeJSON:
			c.binary = false
			return
		}
	}
}

// body reads the request's body.
func (c *call) body() (b []byte, binary bool, err error) {
	limit := int64(c.api.cfg.MaxBody)
	b, err = io.ReadAll(io.LimitReader(c.r.Body, limit+1))
	if err != nil {
		return nil, false, shape.Info(shape.CodeBadBody, "The body of the request did not arrive whole.")
	}
	if int64(len(b)) > limit {
		return nil, false, shape.Info(shape.CodeTooLong, fmt.Sprintf("The body of the request is larger than %d bytes.", limit))
	}
	return b, strings.Contains(strings.ToLower(c.r.Header.Get("Content-Type")), "msgpack"), nil
}

// json reads a body that has no bytes in it, as JSON.
func (c *call) json() ([]byte, error) {
	b, binary, err := c.body()
	if err != nil || !binary {
		return b, err
	}
	if b, err = protocol.ToJSON(b); err != nil {
		return nil, malformed(err)
	}
	return b, nil
}

func malformed(err error) error {
	return shape.Info(shape.CodeBadBody, "The body of the request cannot be read: "+err.Error())
}

// authenticate finds out who asks.
func (c *call) authenticate() error {
	found, err := c.shown()
	if err != nil {
		return err
	}
	d, err := c.api.authenticate(c.r.Context(), found)
	if err != nil {
		return err
	}
	clientID := c.query.Get("clientId")
	if id := c.r.Header.Get("X-Ably-ClientId"); id != "" {
		b, err := base64.StdEncoding.DecodeString(id)
		if err != nil {
			return shape.Info(token.CodeClientID, "The header X-Ably-ClientId is not base64.")
		}
		clientID = string(b)
	} else if strings.Contains(c.r.Pattern, "/presence") { // not the path: channels are called so as well
		clientID = "" // there it says whom to list
	}
	if c.details, err = d.Identify(clientID); err != nil {
		return err
	}
	return c.fromAllowedPage()
}

// shown returns what the request shows: in the header Authorization, or in the query.
func (c *call) shown() (token.Credentials, error) {
	if h := c.r.Header.Get("Authorization"); h != "" {
		return token.FromHeader(h)
	}
	found := token.Credentials{Key: c.query.Get("key"), Token: c.query.Get("access_token")}
	if found.Token == "" {
		found.Token = c.query.Get("accessToken")
	}
	return found, nil
}

// fromAllowedPage refuses browsers that show pages from which the app does not take requests.
func (c *call) fromAllowedPage() error {
	app := c.api.o.Apps.ByID(c.details.App)
	if app != nil && !convention.OriginAllowed(app.Rules.Origins, c.r.Header.Get("Origin")) {
		return shape.Info(shape.CodeNotAllowed, "The app does not take requests from pages of this origin.")
	}
	return nil
}

// channel returns the channel that the path names, if the client may do all of some operations there.
func (c *call) channel(ops capability.Ops) (madang.Channel, error) {
	if err := c.authenticate(); err != nil {
		return madang.Channel{}, err
	}
	return c.named(c.r.PathValue("channel"), ops)
}

// named returns the channel of a name, if the client may do all of some operations there. Besides the capability the hub's
// policies are asked: a channel may have rules of its own.
func (c *call) named(name string, ops capability.Ops) (madang.Channel, error) {
	_, _, own, err := shape.SplitName(name)
	if err != nil {
		return madang.Channel{}, err
	}
	if !c.details.Capability.Allows(ops, own) {
		return madang.Channel{}, denied(ops)
	}
	ch := madang.Channel{App: c.details.App, Name: own}
	return ch, c.allowed(actionOf(ops), ch)
}

// allowed asks the hub's policies.
func (c *call) allowed(act madang.Action, ch madang.Channel) error {
	if c.principal == nil {
		c.principal = ably.PrincipalOf(c.details)
	}
	_, err := c.api.hub.Authorize(c.r.Context(), madang.AccessRequest{Action: act, Principal: c.principal, Channel: ch})
	return err
}

// actionOf returns what operations of this interface are to policies.
func actionOf(ops capability.Ops) madang.Action {
	switch {
	case ops&capability.Publish != 0:
		return madang.ActPublish
	case ops&capability.History != 0:
		return madang.ActHistory
	case ops&capability.ChannelMetadata != 0:
		return madang.ActOccupancy
	}
	return madang.ActMembers
}

func denied(ops capability.Ops) error {
	return shape.Info(shape.CodeDenied, "The capability of the key or token does not have "+strings.Join(ops.Names(), ", ")+" here.")
}

// number reads a parameter that is a whole number.
func (c *call) number(name string, otherwise int64) (int64, error) {
	text := c.query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, badParameter(name, "it is a whole number that is not negative")
	}
	return n, nil
}

// limit reads how many entries a page may hold.
func (c *call) limit() (int, error) {
	n, err := c.number("limit", min(defaultPage, int64(c.api.cfg.MaxPage)))
	if err == nil && (n < 1 || n > int64(c.api.cfg.MaxPage)) {
		err = badParameter("limit", fmt.Sprintf("it must be from 1 to %d", c.api.cfg.MaxPage))
	}
	return int(n), err
}

const defaultPage = 100

func badParameter(name, reason string) error {
	return shape.Info(shape.CodeBadValue, fmt.Sprintf("The parameter %s is not valid: %s.", name, reason))
}

// version is the version of the protocol that the client speaks.
func (c *call) version() int {
	for _, text := range []string{c.r.Header.Get("X-Ably-Version"), c.query.Get("v")} {
		major, _, _ := strings.Cut(text, ".")
		if n, err := strconv.Atoi(major); err == nil {
			if text == "1.0" || text == "1.1" || text == "1.2" { // how it was written before there was a number 2
				return 2
			}
			return n
		}
	}
	return newest
}

// newest is the version of who does not say one: people who try the interface by hand.
const newest = 6

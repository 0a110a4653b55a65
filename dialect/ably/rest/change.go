package rest

import (
	"context"
	"fmt"
	"net/http"

	"madang"
	"madang/dialect/ably"
	"madang/dialect/ably/mutable"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// A changed says which version of a message a request has made.
type changed struct {
	VersionSerial string `json:"versionSerial"`
}

// change updates, deletes or appends to a message.
func (a *API) change(c *call) (*answer, error) {
	ch, all, err := c.asked()
	if err != nil {
		return nil, err
	}
	if len(all) != 1 {
		return nil, shape.Info(shape.CodeBadRequest, "Messages are updated, deleted and appended to one by one.")
	}
	m := &all[0]
	if own := c.r.PathValue("serial"); m.Serial == "" {
		m.Serial = own
	} else if m.Serial != own {
		return nil, shape.Info(shape.CodeBadRequest, "The serial in the body is not the one of the path.")
	}
	// A request that was given up meanwhile is carried out to its end.
	version, err := a.o.Changes.Change(context.WithoutCancel(c.r.Context()), ch, m, mutable.By{Details: c.details, Principal: ably.PrincipalOf(c.details), ID: shape.NewID() + ":0"})
	if err != nil {
		return nil, err
	}
	return &answer{value: changed{version}}, nil
}

// annotate publishes annotations of a message, or takes some back, in their order until one is refused.
func (a *API) annotate(c *call) (*answer, error) {
	ch, all, err := c.asked()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 || len(all) > mutable.MaxAnnotations {
		return nil, shape.Info(shape.CodeBadRequest, fmt.Sprintf("There must be from 1 to %d annotations.", mutable.MaxAnnotations))
	}
	out, id := published{Channel: c.r.PathValue("channel")}, shape.NewID()
	for i := range all {
		m := &all[i]
		m.MessageSerial = c.r.PathValue("serial")
		serial, err := a.o.Changes.Annotate(context.WithoutCancel(c.r.Context()), ch, m, mutable.By{Details: c.details, Principal: ably.PrincipalOf(c.details), ID: fmt.Sprintf("%s:%d", id, i)})
		if err != nil {
			return nil, err
		}
		out.Serials = append(out.Serials, serial)
	}
	return &answer{status: http.StatusCreated, value: out}, nil
}

// asked returns the channel that the path names and the messages of the body. Who may do what with them is not looked at.
func (c *call) asked() (ch madang.Channel, all []protocol.Message, err error) {
	if err = c.authenticate(); err != nil {
		return ch, nil, err
	}
	_, _, own, err := shape.SplitName(c.r.PathValue("channel"))
	if err != nil {
		return ch, nil, err
	}
	b, binary, err := c.body()
	if err != nil {
		return ch, nil, err
	}
	if all, err = protocol.DecodeMessages(b, binary); err != nil {
		return ch, nil, malformed(err)
	}
	return madang.Channel{App: c.details.App, Name: own}, all, nil
}

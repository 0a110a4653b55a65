package rest

import (
	"madang/dialect/ably/shape"
)

// What Ably has and this server does not. A 4xx is final: clients take 5xx for a host that is down, and look for others.

func noPush(c *call) (*answer, error) {
	if err := c.authenticate(); err != nil {
		return nil, err
	}
	return nil, shape.Info(shape.CodeNotFound, "Push notifications are not offered by this server.")
}

func noStats(c *call) (*answer, error) {
	if err := c.authenticate(); err != nil {
		return nil, err
	}
	return nil, shape.Info(shape.CodeNotFound, "Statistics are not offered by this server.")
}

func noObjects(*call) (*answer, error) {
	return nil, shape.Info(shape.CodeModes, "LiveObjects are not offered by this server.")
}

func noChat(*call) (*answer, error) {
	return nil, shape.Info(shape.CodeNotFound, "The requests of Ably's Chat SDK are not offered by this server. Its own chat is reached through its procedures.")
}

func unknown(c *call) (*answer, error) {
	return nil, shape.Info(shape.CodeNotFound, "There is nothing at "+c.r.Method+" "+c.r.URL.Path+".")
}

package events

import (
	"encoding/json"
	"fmt"

	"madang"
	"madang/internal/convention"
)

// members returns the users in a presence channel, each once, the first to come first.
func (a *API) members(c *call, name string) ([]madang.Member, error) {
	all, err := a.hub.Members(c.Context(), c.target(name))
	if err != nil {
		return nil, fmt.Errorf("members of %s: %w", name, err)
	}
	return convention.Users(all), nil
}

// shown returns what is shown of a member as a JSON value.
func shown(m madang.Member) any {
	if m.Type == madang.JSON && json.Valid(m.Data) {
		return json.RawMessage(m.Data)
	}
	if m.Type == madang.Binary {
		return m.Data // in base64
	}
	return string(m.Data)
}

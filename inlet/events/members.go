package events

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"madang"
)

// members returns the users in a presence channel, each once, the first to come first.
func (a *API) members(c *call, name string) ([]madang.Member, error) {
	all, err := a.hub.Members(c.Context(), c.target(name))
	if err != nil {
		return nil, fmt.Errorf("members of %s: %w", name, err)
	}
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b madang.Member) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Conn, b.Conn))
	})
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(m madang.Member) bool {
		again := seen[m.User]
		seen[m.User] = true
		return again
	}), nil
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

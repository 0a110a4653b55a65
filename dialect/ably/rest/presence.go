package rest

import (
	"cmp"
	"slices"

	"madang"
	"madang/dialect/ably/capability"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// presence answers with who is in a channel: all, or a connection's or client id's entries.
func (a *API) presence(c *call) (*answer, error) {
	ch, err := c.channel(capability.Subscribe)
	if err != nil {
		return nil, err
	}
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	after, err := afterCursor(c.query.Get(cursorName))
	if err != nil {
		return nil, err
	}
	all, err := c.membersOf(ch)
	if err != nil {
		return nil, err
	}
	clientID, connectionID := c.query.Get("clientId"), c.query.Get("connectionId")
	all = slices.DeleteFunc(all, func(m protocol.Message) bool {
		return clientID != "" && m.ClientID != clientID || connectionID != "" && m.ConnectionID != connectionID
	})
	page, next := cut(all, entryKey, after, limit)
	return list(page, true, c.links(next)), nil
}

// membersOf returns who is in a channel, always in the same order.
func (c *call) membersOf(ch madang.Channel) ([]protocol.Message, error) {
	members, err := c.api.hub.Members(c.r.Context(), ch)
	if err != nil {
		return nil, err
	}
	all := []protocol.Message{}
	for i := range members {
		if members[i].User != "" {
			all = append(all, shape.Presence(&members[i], protocol.PresencePresent))
		}
	}
	slices.SortFunc(all, func(x, y protocol.Message) int { return cmp.Compare(entryKey(&x), entryKey(&y)) })
	return all, nil
}

// entryKey tells the entries of a presence set apart.
func entryKey(m *protocol.Message) string { return m.ClientID + "\x00" + m.ConnectionID }

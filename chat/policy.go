package chat

import (
	"context"

	"madang"
)

// procedureNames are the calls that a Feature answers.
func procedureNames() []string {
	return []string{
		"sendMessage", "rooms", "createRoom", "dm", "join", "leave", "members", "addMember", "removeMember",
		"history", "read", "unread", "online",
	}
}

// Policy lets those who are somebody call the procedures of chat, and has no opinion on anything else. Who may do what in
// which room the procedures decide.
func Policy() madang.Policy {
	names := make(map[string]bool)
	for _, n := range procedureNames() {
		names[n] = true
	}
	return madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
		if r.Action == madang.ActCall && r.Principal != nil && r.Principal.User != "" && names[r.Channel.Name] {
			return &madang.Grant{}, nil
		}
		return nil, nil
	})
}

package sqlite

import (
	"strings"
	"testing"
)

// TestPlans checks that what is asked for all the time is found by index: at a million messages the difference is that
// between a server and none.
func TestPlans(t *testing.T) {
	s := openInside(t)
	for _, c := range []struct {
		name, query string
		args        []any
		uses        []string
	}{
		{"unread", unreadQuery, []any{"a", "u"}, []string{"members_user", "messages_uncounted"}},
		{"unread total", unreadTotalQuery, []any{"a", "u"}, []string{"members_user", "messages_uncounted"}},
		{"claim", claimQuery, []any{0, 10}, []string{"outbox_room"}},
		{"nonce", `SELECT seq FROM messages g WHERE g.room = ? AND g.sender = ? AND g.nonce = ?`,
			[]any{1, "u", "n"}, []string{"messages_nonce"}},
		{"public rooms", `SELECT r.id FROM rooms r WHERE r.app = ? AND r.kind = 'public' AND r.id > ? ORDER BY r.id LIMIT ?`,
			[]any{"a", "", 10}, []string{"rooms_public"}},
		{"open commands", openCommandsQuery, []any{"a", "h"}, []string{"device_commands_open"}},
		{"commands of a hub", commandsOfQuery, []any{"a", "h", "", 10}, []string{"device_commands_hub"}},
		{"due commands", dueCommandsQuery, []any{0, 10}, []string{"device_commands_due"}},
	} {
		rows, err := s.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+c.query, c.args...)
		plan, err := collect(rows, err, func(row scanner) (string, error) {
			var detail string
			return detail, row.Scan(new(int), new(int), new(int), &detail)
		})
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(plan, "\n")
		for _, index := range c.uses {
			if !strings.Contains(text, index) {
				t.Errorf("%s does not use %s:\n%s", c.name, index, text)
			}
		}
	}
}

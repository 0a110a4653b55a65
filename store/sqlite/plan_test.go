package sqlite

import (
	"strings"
	"testing"

	"madang/internal/sqlstore"
)

// TestPlans checks that what is asked for all the time is found by index.
func TestPlans(t *testing.T) {
	s := openInside(t)
	uses := map[string][]string{
		"unread":            {"members_user", "messages_uncounted"},
		"unread total":      {"members_user", "messages_uncounted"},
		"claim":             {"outbox_room"},
		"nonce":             {"messages_nonce"},
		"public rooms":      {"rooms_public"},
		"open commands":     {"device_commands_open"},
		"commands of a hub": {"device_commands_hub"},
		"due commands":      {"device_commands_due"},
	}
	for _, q := range sqlstore.Frequent(engine{}.Words()) {
		if len(uses[q.Name]) == 0 {
			t.Errorf("nothing is said of %q", q.Name)
		}
		text := planOf(t, s, q)
		for _, index := range uses[q.Name] {
			if !strings.Contains(text, index) {
				t.Errorf("%s does not use %s:\n%s", q.Name, index, text)
			}
		}
	}
}

// planOf returns how a query would be run, a line for each step.
func planOf(t *testing.T, s *Store, q sqlstore.Query) string {
	t.Helper()
	rows, err := s.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+q.SQL, q.Args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var detail string
		if err := rows.Scan(new(int), new(int), new(int), &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "\n")
}

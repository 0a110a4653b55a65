package sqlstore

// A Query is a statement with parameters to try it with.
type Query struct {
	Name string
	SQL  string
	Args []any
}

// Frequent returns the queries that are asked all the time, for tests of their plans: at a million messages the difference
// between an index and none is that between a server and none.
func Frequent(w Words) []Query {
	return []Query{
		{"unread", unreadQuery, []any{"a", "u"}},
		{"unread total", unreadTotalQuery, []any{"a", "u"}},
		{"claim", claimQuery, []any{0, 10}},
		{"nonce", nonceQuery, []any{1, "u", "n"}},
		{"public rooms", publicRoomsQuery, []any{"a", "", 10}},
		{"open commands", openCommandsQuery(w), []any{"a", "h"}},
		{"commands of a hub", commandsOfQuery(w), []any{"a", "h", "", 10}},
		{"due commands", dueCommandsQuery, []any{0, 10}},
	}
}

package pusher

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"madang"
	"madang/dialect/pusher/frame"
	"madang/internal/convention"
)

// maxUserID is the longest id of a user in bytes.
const maxUserID = 128

// memberOf reads channel_data: who somebody is in a presence channel. user_id is a string, or an integer that is kept as it
// was written. Names are exact, as browsers and backends take them: a USER_ID that a client has slipped into what its
// backend signs is nobody's id.
func memberOf(channelData []byte) (*madang.Member, error) {
	var d map[string]json.RawMessage
	if err := json.Unmarshal(channelData, &d); err != nil {
		return nil, fmt.Errorf("channel_data is no JSON object: %w", madang.ErrInvalid)
	}
	m := &madang.Member{Data: d["user_info"]}
	if bytes.Equal(m.Data, []byte("null")) {
		m.Data = nil
	}
	id, number, ok := convention.UserID(d["user_id"])
	if !ok || len(id) > maxUserID {
		return nil, fmt.Errorf("channel_data: user_id must be a string or integer of at most %d bytes: %w", maxUserID, madang.ErrInvalid)
	}
	m.User, m.RawUser = id, number
	return m, nil
}

// rawUser is a member's id as its origin writes it.
func rawUser(m *madang.Member) []byte {
	if len(m.RawUser) > 0 && json.Valid(m.RawUser) {
		return m.RawUser
	}
	return frame.AppendString(nil, m.User)
}

// userInfo is what is shown of a member, as JSON.
func userInfo(m *madang.Member) []byte {
	switch {
	case len(m.Data) == 0:
		return []byte("{}")
	case m.Type == madang.JSON && json.Valid(m.Data):
		return m.Data
	case m.Type == madang.Binary || !utf8.Valid(m.Data):
		return frame.AppendString(nil, base64.StdEncoding.EncodeToString(m.Data))
	}
	return frame.AppendString(nil, string(m.Data))
}

// memberText is the data of member_added, and without info that of member_removed.
func memberText(m *madang.Member, info bool) string {
	b := append([]byte(`{"user_id":`), rawUser(m)...)
	if info {
		b = append(append(b, `,"user_info":`...), userInfo(m)...)
	}
	return string(append(b, '}'))
}

// users collapses a presence set. Members that are nobody do not count.
func users(all []madang.Member) []madang.Member {
	return convention.Users(slices.DeleteFunc(slices.Clone(all), func(m madang.Member) bool { return m.User == "" }))
}

// presenceText is the data of a presence channel's subscription_succeeded.
func presenceText(all []madang.Member) string {
	all = users(all)
	ids, hash := []byte{}, []byte{}
	for i := range all {
		if i > 0 {
			ids, hash = append(ids, ','), append(hash, ',')
		}
		ids = append(ids, rawUser(&all[i])...)
		hash = append(append(frame.AppendString(hash, all[i].User), ':'), userInfo(&all[i])...)
	}
	return fmt.Sprintf(`{"presence":{"ids":[%s],"hash":{%s},"count":%d}}`, ids, hash, len(all))
}

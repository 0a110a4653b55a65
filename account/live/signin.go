package live

import (
	"encoding/hex"
	"strconv"
	"strings"

	"madang/account"
	"madang/account/signin"
)

// A signIn is an id of package signin taken apart. One of the three is set.
type signIn struct {
	session *account.Hash
	family  string
	token   int64
}

// maxID is the longest id that is looked at, in bytes.
const maxID = 128

// parse takes an id apart; ok is false if it is none of package signin's. An id has one form only: else a sign-in had several.
func parse(id string) (s signIn, ok bool) {
	kind, rest, ok := strings.Cut(id, ":")
	if !ok || rest == "" || len(id) > maxID {
		return s, false
	}
	switch signin.Kind(kind) {
	case signin.KindSession:
		var h account.Hash
		if len(rest) != hex.EncodedLen(len(h)) || strings.ToLower(rest) != rest {
			return s, false
		}
		_, err := hex.Decode(h[:], []byte(rest))
		return signIn{session: &h}, err == nil
	case signin.KindFamily:
		return signIn{family: rest}, true
	case signin.KindAPIToken:
		n, err := strconv.ParseInt(rest, 10, 64)
		return signIn{token: n}, err == nil && n > 0 && strconv.FormatInt(n, 10) == rest
	}
	return s, false
}

// keys returns the ids of what has ended.
func keys(app string, e account.Ended) []key {
	all := make([]key, 0, len(e.Sessions)+len(e.Families)+len(e.APITokens))
	for _, h := range e.Sessions {
		all = append(all, key{app, string(signin.KindSession) + ":" + hex.EncodeToString(h[:])})
	}
	for _, id := range e.Families {
		all = append(all, key{app, string(signin.KindFamily) + ":" + id})
	}
	for _, id := range e.APITokens {
		all = append(all, key{app, string(signin.KindAPIToken) + ":" + strconv.FormatInt(id, 10)})
	}
	return all
}

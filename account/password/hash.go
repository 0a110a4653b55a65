package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

const (
	saltSize = 16
	keySize  = 32
)

// A cost is what an argon2 hash takes.
type cost struct {
	memory, passes uint32
	lanes          uint8
}

// hash returns an argon2id hash in the PHC string format.
func (c cost) hash(password string) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	key := argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.lanes, keySize)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.lanes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// covers reports whether a hash is as good as a new one.
func (c cost) covers(k known) bool {
	a, ok := k.(argon)
	return ok && a.id && a.memory >= c.memory && a.passes >= c.passes && len(a.key) >= keySize && len(a.salt) >= saltSize
}

// known is a hash that can be checked.
type known interface{ verify(password string) bool }

// parse reads a hash of any known kind. The error does not repeat it.
func parse(hash string) (known, error) {
	if len(hash) > maxHash {
		return nil, ErrHash
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(hash, "$"), "$")
	switch kind {
	case "argon2id", "argon2i":
		return parseArgon(hash, kind == "argon2id")
	case "2a", "2b", "2y":
		if n, err := bcrypt.Cost([]byte(hash)); err != nil || n > maxBcrypt || len(hash) != bcryptSize {
			return nil, ErrHash
		}
		return blowfish(hash), nil
	}
	return nil, ErrHash
}

// maxHash is the longest hash in bytes: with the longest salt and key that are taken it has less.
const maxHash = 512

// argon is a hash by argon2.
type argon struct {
	cost
	id        bool // argon2id, else argon2i
	salt, key []byte
}

// parseArgon reads $argon2id$v=19$m=19456,t=2,p=1$SALT$KEY.
func parseArgon(hash string, id bool) (known, error) {
	part := strings.Split(hash, "$")
	if len(part) != 6 || part[2] != "v="+strconv.Itoa(argon2.Version) {
		return nil, ErrHash
	}
	a := argon{id: id}
	params := strings.Split(part[3], ",")
	if len(params) != 3 {
		return nil, ErrHash
	}
	m, okM := number(params[0], "m=", maxMemory)
	t, okT := number(params[1], "t=", maxPasses)
	p, okP := number(params[2], "p=", maxLanes)
	a.cost = cost{memory: m, passes: t, lanes: uint8(p)}
	var errSalt, errKey error
	a.salt, errSalt = base64.RawStdEncoding.Strict().DecodeString(part[4])
	a.key, errKey = base64.RawStdEncoding.Strict().DecodeString(part[5])
	if !okM || !okT || !okP || m < 8*p || errSalt != nil || errKey != nil || !fits(a.salt, 8) || !fits(a.key, 16) {
		return nil, ErrHash
	}
	return a, nil
}

// fits reports whether a salt or key has a reasonable size.
func fits(b []byte, least int) bool { return len(b) >= least && len(b) <= 64 }

// number reads one parameter of a hash.
func number(text, prefix string, most uint64) (uint32, bool) {
	digits, ok := strings.CutPrefix(text, prefix)
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), ok && err == nil && n >= 1 && n <= most && strconv.FormatUint(n, 10) == digits
}

func (a argon) verify(password string) bool {
	derive := argon2.Key
	if a.id {
		derive = argon2.IDKey
	}
	key := derive([]byte(password), a.salt, a.passes, a.memory, a.lanes, uint32(len(a.key)))
	return subtle.ConstantTimeCompare(key, a.key) == 1
}

// blowfish is a hash by bcrypt. Of a password it sees 72 bytes, here as where the hash was made.
type blowfish string

const (
	bcryptSize = 60
	maxBcrypt  = 15 // the cost doubles with each; this one takes two seconds
)

func (b blowfish) verify(password string) bool {
	if len(password) > 72 {
		password = password[:72]
	}
	return bcrypt.CompareHashAndPassword([]byte(b), []byte(password)) == nil
}

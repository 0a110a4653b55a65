package totp

import (
	"crypto/rand"
	"crypto/subtle"
	"slices"
	"strings"
)

// RecoveryCodes is how many somebody has.
const RecoveryCodes = 8

// recoveryHalf is the length of each half of a code. Together they are worth 100 bits.
const recoveryHalf = 10

// NewRecoveryCode returns a code of the form xxxxxxxxxx-xxxxxxxxxx.
func NewRecoveryCode() string {
	text := strings.ToLower(rand.Text())
	return text[:recoveryHalf] + "-" + text[recoveryHalf:2*recoveryHalf]
}

// NewRecoveryCodes returns as many as somebody has.
func NewRecoveryCodes() []string {
	all := make([]string, RecoveryCodes)
	for i := range all {
		all[i] = NewRecoveryCode()
	}
	return all
}

// UseRecoveryCode returns the codes with the one that was used replaced by a new one, as Fortify does, so that nobody runs
// out of them; ok is false if it is none of them. Case and spaces around it do not count.
func UseRecoveryCode(all []string, code string) (left []string, ok bool) {
	code = strings.ToLower(strings.TrimSpace(code))
	found := -1
	for i, c := range all {
		if subtle.ConstantTimeCompare([]byte(c), []byte(code)) == 1 && c != "" {
			found = i // and on, so that the time does not tell which
		}
	}
	if found < 0 {
		return all, false
	}
	left = slices.Clone(all)
	left[found] = NewRecoveryCode()
	return left, true
}

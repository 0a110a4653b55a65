// Package totp is the second factor of accounts: codes that change every 30 seconds (RFC 6238, as all authenticator apps make
// them: SHA-1, six digits), and recovery codes for who has lost the app. It keeps nothing. Who does has two duties, or the
// codes can be used twice: to remember the step of the last code that was accepted, and to replace a recovery code, each in
// one atomic change.
package totp

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// Period is how long a code is shown.
const Period = 30 * time.Second

// Skew is how many steps a clock may be wrong either way, or somebody too slow.
const Skew = 1

// secretSize is what RFC 4226 section 4 recommends, in bytes.
const secretSize = 20

// NewSecret returns a secret in base32, as people type it into an app when they cannot scan it.
func NewSecret() string {
	b := make([]byte, secretSize)
	_, _ = rand.Read(b) // never fails
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}

// URL returns what the QR code of a secret says: otpauth://totp/Issuer:account?…, in the form of Google Authenticator's key
// URIs. A colon in the issuer would end it, so it is left out.
func URL(issuer, account, secret string) string {
	issuer = strings.ReplaceAll(issuer, ":", "")
	return "otpauth://totp/" + escape(issuer) + ":" + escape(account) + "?secret=" + secret + "&issuer=" + escape(issuer) +
		"&algorithm=SHA1&digits=6&period=" + strconv.Itoa(int(Period/time.Second))
}

// escape writes a space as %20: apps do not read + as one.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// Step returns the number of the code that is shown at a time.
func Step(at time.Time) int64 { return at.Unix() / int64(Period/time.Second) }

// Code returns the code of a step. It fails if the secret is not base32.
func Code(secret string, step int64) (string, error) {
	code, err := hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return "", fmt.Errorf("totp: the secret is not base32: %w", err)
	}
	return code, nil
}

// Match reports whether a code is one of a secret's at a time, and of which step. Steps up to after were used already: their
// codes are refused, whatever the time. Spaces in the code, as apps show it, do not count.
func Match(secret, code string, at time.Time, after int64) (step int64, ok bool) {
	code = strings.ReplaceAll(code, " ", "")
	now := Step(at)
	for s := now - Skew; s <= now+Skew; s++ {
		want, err := Code(secret, s)
		if err != nil {
			return 0, false
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && s > after && !ok {
			step, ok = s, true // and on, so that the time does not tell which
		}
	}
	return step, ok
}

package token

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// lastSecond is the end of the year 9999. A greater date is one in milliseconds.
const lastSecond = 253402300799

// date returns a claim that holds a time in seconds since 1970 (RFC 7519, section 2), if there is one.
func date(claims map[string]any, name string) (t time.Time, ok bool, err error) {
	v, ok := claims[name]
	if !ok {
		return time.Time{}, false, nil
	}
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}, false, fmt.Errorf("%w: %s is not a number", ErrClaim, name)
	}
	f, err := strconv.ParseFloat(n.String(), 64)
	if err != nil || math.Abs(f) > lastSecond {
		return time.Time{}, false, fmt.Errorf("%w: %s is %.32s, not a time in seconds since 1970", ErrClaim, name, n)
	}
	whole, part := math.Modf(f)
	return time.Unix(int64(whole), int64(part*1e9)), true, nil
}

// lifetime checks the claims that hold times and returns when the token ends, leeway included; zero: never.
func (c Config) lifetime(claims map[string]any, now time.Time) (time.Time, error) {
	exp, hasExp, err := date(claims, "exp")
	if err != nil {
		return time.Time{}, err
	}
	nbf, _, err := date(claims, "nbf")
	if err != nil {
		return time.Time{}, err
	}
	iat, hasIat, err := date(claims, "iat")
	if err != nil {
		return time.Time{}, err
	}
	soon := now.Add(c.Leeway)
	switch {
	case !hasExp && c.RequireExp:
		return time.Time{}, fmt.Errorf("%w: there is no exp", ErrClaim)
	case !hasIat && c.MaxAge > 0:
		return time.Time{}, fmt.Errorf("%w: there is no iat to tell the age by", ErrClaim)
	case soon.Before(nbf):
		return time.Time{}, fmt.Errorf("%w: before %v", ErrNotYetValid, nbf.UTC())
	case soon.Before(iat):
		return time.Time{}, fmt.Errorf("%w: issued at %v", ErrNotYetValid, iat.UTC())
	}
	if c.MaxAge > 0 {
		if oldest := iat.Add(c.MaxAge); !hasExp || oldest.Before(exp) {
			exp, hasExp = oldest, true
		}
	}
	if !hasExp {
		return time.Time{}, nil
	}
	end := exp.Add(c.Leeway)
	if !now.Before(end) {
		return time.Time{}, fmt.Errorf("%w: since %v", ErrExpired, end.UTC())
	}
	return end, nil
}

// origin checks who made the token and for whom.
func (c Config) origin(claims map[string]any) error {
	if iss, _ := claims["iss"].(string); c.Issuer != "" && iss != c.Issuer {
		return fmt.Errorf("%w: %.128q", ErrIssuer, iss)
	}
	if len(c.Audience) == 0 {
		return nil
	}
	switch aud := claims["aud"].(type) {
	case string:
		if slices.Contains(c.Audience, aud) {
			return nil
		}
	case []any:
		if slices.ContainsFunc(aud, func(v any) bool {
			s, ok := v.(string)
			return ok && slices.Contains(c.Audience, s)
		}) {
			return nil
		}
	}
	return ErrAudience
}

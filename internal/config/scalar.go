package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// setScalar sets v to what the text says. Errors say what would be right, and hold the text only if it is no secret.
func setScalar(v reflect.Value, text string, enum []string, secret string) error {
	quoted := strconv.Quote(text)
	if secret != "" {
		quoted = "the value"
	}
	if len(enum) > 0 && !slices.Contains(enum, text) {
		return fmt.Errorf("%s is not one of %s%s", quoted, strings.Join(enum, ", "), didYouMean(text, enum))
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%s is not a duration; write a number and its unit, such as 500ms, 5s or 1h30m", quoted)
		}
		v.SetInt(int64(d))
		return nil
	}
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		if err := u.UnmarshalText([]byte(text)); err != nil {
			if !isScalar(v.Type()) { // its name would be a list of all its fields, which the text is not
				return fmt.Errorf("%s is not valid: %w", quoted, err)
			}
			return fmt.Errorf("%s is not a valid %s: %w", quoted, typeName(v.Type(), nil), err)
		}
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%s is neither true nor false", quoted)
		}
		v.SetBool(text == "true")
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil {
			return fmt.Errorf("%s is not a number", quoted)
		}
		v.SetFloat(f)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		if err != nil {
			return fmt.Errorf("%s is not a whole number from 0 to %d", quoted, uint64(1)<<v.Type().Bits()-1)
		}
		v.SetUint(n)
	default:
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return fmt.Errorf("%s is not a whole number", quoted)
		}
		v.SetInt(n)
	}
	return nil
}

// scalarText is the reverse of setScalar.
func scalarText(v reflect.Value) string {
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		return durationText(time.Duration(v.Int()))
	case v.Kind() == reflect.String: // before MarshalText, which hides a Secret
		return v.String()
	}
	if v.CanAddr() {
		v = v.Addr()
	}
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](v); ok {
		b, err := m.MarshalText()
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	return fmt.Sprint(reflect.Indirect(v).Interface())
}

// durationText is d.String without the zeros at its end: 1h rather than 1h0m0s.
func durationText(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// didYouMean returns a hint to append to a message, or nothing.
func didYouMean(name string, candidates []string) string {
	if best := Nearest(name, candidates); best != "" {
		return "; did you mean " + best + "?"
	}
	return ""
}

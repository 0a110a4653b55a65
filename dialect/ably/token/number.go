package token

import (
	"math"
	"strconv"
	"time"
)

// maxMillis and maxSeconds are the end of the year 9999.
const (
	maxSeconds = 253402300799
	maxMillis  = maxSeconds * 1000
)

// integer reads a whole number as clients of all languages write it: 60000, "60000" once through a form, 60000.0.
func integer(text string) (n int64, ok bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, n >= -maxMillis && n <= maxMillis
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > maxMillis {
		return 0, false
	}
	return int64(f), true
}

// numericDate reads a time of a JWT, in seconds that may have a fraction (RFC 7519, section 2).
func numericDate(text string) (t time.Time, ok bool) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > maxSeconds {
		return time.Time{}, false
	}
	whole, part := math.Modf(f)
	return time.Unix(int64(whole), int64(part*1e9)).Truncate(time.Millisecond), true
}

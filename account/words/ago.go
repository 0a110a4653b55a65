package words

import "time"

// Ago says how long ago something was, as Carbon's diffForHumans does: in the largest unit of which there is one.
func (s Speaker) Ago(d time.Duration) string {
	const day = 24 * time.Hour
	units := [...]struct {
		of     time.Duration
		en, ko string
	}{
		{365 * day, "year", "년"}, {30 * day, "month", "개월"}, {7 * day, "week", "주"}, {day, "day", "일"},
		{time.Hour, "hour", "시간"}, {time.Minute, "minute", "분"}, {time.Second, "second", "초"},
	}
	last := units[len(units)-1]
	n := int64(0)
	for _, u := range units {
		if n = int64(d / u.of); n > 0 {
			last = u
			break
		}
	}
	switch n = max(0, n); {
	case s.Language == Korean:
		return Number(n) + last.ko + " 전"
	case n == 1:
		return "1 " + last.en + " ago"
	}
	return Number(n) + " " + last.en + "s ago"
}

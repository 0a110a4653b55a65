package words

import (
	"testing"
	"time"
)

func TestAgo(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		d      time.Duration
		en, ko string
	}{
		{-time.Hour, "0 seconds ago", "0초 전"}, {0, "0 seconds ago", "0초 전"}, {time.Second, "1 second ago", "1초 전"},
		{59 * time.Second, "59 seconds ago", "59초 전"}, {119 * time.Second, "1 minute ago", "1분 전"}, {2 * time.Hour, "2 hours ago", "2시간 전"},
		{day, "1 day ago", "1일 전"}, {13 * day, "1 week ago", "1주 전"}, {65 * day, "2 months ago", "2개월 전"}, {800 * day, "2 years ago", "2년 전"},
	} {
		if got := (Speaker{}).Ago(c.d); got != c.en {
			t.Errorf("%v: %q", c.d, got)
		}
		if got := (Speaker{Language: Korean}).Ago(c.d); got != c.ko {
			t.Errorf("%v: %q", c.d, got)
		}
	}
}

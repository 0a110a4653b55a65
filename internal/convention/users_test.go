package convention

import (
	"slices"
	"testing"
	"time"

	"madang"
)

func TestUsers(t *testing.T) {
	at := func(user string, conn madang.ConnID, second int) madang.Member {
		return madang.Member{User: user, Conn: conn, Since: time.Unix(int64(second), 0)}
	}
	all := []madang.Member{at("kim", "1.3", 3), at("lee", "1.2", 2), at("kim", "1.1", 1), at("min", "1.5", 2), at("lee", "1.4", 9)}
	before := slices.Clone(all)
	var got []madang.ConnID
	for _, m := range Users(all) {
		got = append(got, m.Conn)
	}
	if want := []madang.ConnID{"1.1", "1.2", "1.5"}; !slices.Equal(got, want) {
		t.Errorf("users are there by %v, want %v", got, want)
	}
	for i := range all {
		if all[i].Conn != before[i].Conn {
			t.Fatal("the presence set was changed")
		}
	}
}

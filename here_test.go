package madang_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/madangtest"
)

// What is emitted here reaches the members of the audience on this node, once each, and nobody elsewhere.
func TestEmitHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := madangtest.StartCluster(t, 2, madang.Config{Policies: yes()}, delays(1))
		var vs []*valve
		var cs []*madang.Conn
		for i := range 4 {
			v, c := connect(t, cl.Hubs[i%2], user("u"), wordy{})
			sub(t, c, 0, "all")
			if i >= 2 {
				sub(t, c, 0, "some")
			}
			vs, cs = append(vs, v), append(cs, c)
		}
		emit := func(word string, a madang.Audience) {
			cl.Hubs[0].EmitHere(a, &madang.Message{Data: []byte(word)})
			settle()
		}
		emit("one", madang.Audience{In: names("all")})
		emit("two", madang.Audience{In: names("some", "all")})
		emit("three", madang.Audience{In: names("all"), Except: names("some")})
		emit("four", madang.Audience{Conns: []madang.ConnID{cs[2].ID(), cs[3].ID()}})
		for i, want := range []string{"one,two,three", "", "one,two,four", ""} {
			if got := vs[i].text(); got != want {
				t.Errorf("connection %d got %s, want %s", i, got, want)
			}
		}
	})
}

// Who is asked here is counted, and each answer is told once, until the time is over.
func TestAskHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := madangtest.StartCluster(t, 2, madang.Config{Policies: yes()}, delays(1))
		var vs []*valve
		var cs []*madang.Conn
		for i := range 4 {
			v, c := connect(t, cl.Hubs[i%2], user("u"), wordy{})
			sub(t, c, 0, "all")
			vs, cs = append(vs, v), append(cs, c)
		}
		var mu sync.Mutex
		heard := map[madang.ConnID]int{}
		ask := func(channel string) (n int) {
			ctx, done := context.WithTimeout(t.Context(), time.Minute)
			defer done()
			cl.Hubs[0].AskHere(ctx, madang.Audience{In: names(channel)}, &madang.Message{Data: []byte("?")},
				func(count int) { n = count }, func(a madang.Answer) {
					mu.Lock()
					defer mu.Unlock()
					heard[a.Conn]++
				})
			settle()
			return n
		}
		if n := ask("nobody"); n != 0 {
			t.Errorf("%d are asked where nobody is", n)
		}
		if n := ask("all"); n != 2 {
			t.Errorf("%d are asked, want the 2 of this node", n)
		}
		if vs[0].text() != "ask 1 ?" || vs[1].text() != "" {
			t.Errorf("asked: %q here, %q elsewhere", vs[0].text(), vs[1].text())
		}
		for range 2 { // the second answers are too many
			for _, c := range []*madang.Conn{cs[0], cs[1]} {
				c.Answer(1, []byte("[1]"), nil)
			}
		}
		time.Sleep(2 * time.Minute)
		cs[2].Answer(1, []byte("[2]"), nil) // too late
		settle()
		if got, want := fmt.Sprint(heard), fmt.Sprint(map[madang.ConnID]int{cs[0].ID(): 1}); got != want {
			t.Errorf("heard %s, want %s", got, want)
		}
	})
}

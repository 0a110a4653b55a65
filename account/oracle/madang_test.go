package oracle_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"madang/account"
	"madang/account/clients/house"
	"madang/account/words"
)

// TestMadang sends the same requests to Madang. It answers as Laravel does, or there is a reason.
func TestMadang(t *testing.T) {
	for _, name := range talks(t) {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			talk, m := open(t, name), madang(t)
			for _, x := range talk.rows {
				got := m.play(t, talk, x)
				if *rewrite && x.reason != "" {
					x.madang = got
				}
				want := x.laravel
				if x.reason != "" {
					want = x.madang
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %s: Madang says\n\t%s\nand not\n\t%s", name, x.name, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
				}
				if x.reason != "" && slices.Equal(got, x.laravel) {
					t.Errorf("%s: %s: there is a reason for a deviation, but Madang says what Laravel does: take it out", name, x.name)
				}
			}
			if *rewrite {
				write(t, name, talk)
			}
		})
	}
}

// madang begins with a Madang that remembers nothing, and the people whom Laravel has.
func madang(t *testing.T) *side {
	t.Helper()
	h := house.New(t, house.Options{Messages: words.Laravel8})
	h.Add(account.Person{Provider: "members", Name: "Kim", Email: "kim@example.com", VerifiedAt: h.Now()}, "correct horse")
	h.Add(account.Person{Provider: "members", Name: "Lee", Email: "lee@example.com"}, "correct horse")
	return &side{
		base: h.URL, session: "madang_session", jars: map[string]jar{}, known: map[string]string{}, later: h.Later, now: h.Now,
		mail: func(kind string) string {
			h.Drain()
			path := map[string]string{"reset": "/reset-password/", "verify": "/email/verify/"}[kind]
			for _, m := range h.Box.Mails() {
				if link, ok := strings.CutPrefix(house.Link(m.Text), h.URL); ok && strings.HasPrefix(link, path) {
					return link
				}
			}
			t.Fatalf("there is no mail to %s", kind)
			return ""
		},
		token: func(cookies jar) string { return cookies["XSRF-TOKEN"] },
	}
}

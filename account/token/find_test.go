package token

import (
	"testing"

	"madang"
)

func TestFind(t *testing.T) {
	lookup := func(m map[string]string) func(string) string { return func(k string) string { return m[k] } }
	for _, test := range []struct {
		name, token   string
		header, query map[string]string
		want          string
	}{
		{name: "nowhere"},
		{name: "handshake", token: "a", want: "a"},
		{name: "handshake with Bearer", token: "Bearer a", want: "a"},
		{name: "handshake with bearer and spaces", token: " bearer  a ", want: "a"},
		{name: "handshake with Bearer only", token: "Bearer ", header: map[string]string{"Authorization": "Bearer b"}, want: "b"},
		{name: "handshake first", token: "a", header: map[string]string{"Authorization": "Bearer b"}, want: "a"},
		{name: "header", header: map[string]string{"Authorization": "Bearer b"}, want: "b"},
		{name: "header in capitals", header: map[string]string{"Authorization": "BEARER b"}, want: "b"},
		{name: "header before query", header: map[string]string{"Authorization": "Bearer b"}, query: map[string]string{"token": "c"}, want: "b"},
		{name: "another scheme", header: map[string]string{"Authorization": "Basic b"}, query: map[string]string{"token": "c"}, want: "c"},
		{name: "no scheme", header: map[string]string{"Authorization": "b"}},
		{name: "scheme only", header: map[string]string{"Authorization": "Bearer"}},
		{name: "scheme is a prefix", header: map[string]string{"Authorization": "Bearerb"}},
		{name: "query", query: map[string]string{"token": "c", "access_token": "d"}, want: "c"},
		{name: "query of OAuth", query: map[string]string{"access_token": "Bearer d"}, want: "d"},
	} {
		c := madang.Credentials{Token: test.token}
		if test.header != nil {
			c.Header = lookup(test.header)
		}
		if test.query != nil {
			c.Query = lookup(test.query)
		}
		if got := Find(c); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

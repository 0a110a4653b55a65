package filter_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"madang/dialect/ably/filter"
	"madang/dialect/ably/protocol"
)

// message is what the expressions of the tests look at.
func message() *protocol.Message {
	return &protocol.Message{
		Name: "temperature", ClientID: "kim",
		Data:   protocol.Data{Kind: protocol.Value, Bytes: []byte(`{"degrees":21.5,"tags":["a","b"],"list":[{"n":1},{"n":2}],"deep":{"x":null}}`)},
		Extras: []byte(`{"headers":{"region":"eu","number":26095,"flag":true,"x-y":"z"}}`),
	}
}

func TestMatch(t *testing.T) {
	for expression, want := range map[string]bool{
		"name == `\"temperature\"`": true,
		"name == 'temperature'":     true,
		"name == 'other'":           false,
		"name == `\"temperature\"` && headers.number == `26095`": true,
		"headers.number > `30000` || headers.flag":               true,
		"!headers.flag":                                   false,
		`headers."x-y" == 'z'`:                            true,
		"extras.headers.region == 'eu'":                   true,
		"clientId == 'kim'":                               true,
		"data.degrees >= `21.5`":                          true,
		"contains(data.tags, 'b')":                        true,
		"contains(data.tags, 'c')":                        false,
		"starts_with(name, 'temp')":                       true,
		"length(data.list) == `2`":                        true,
		"data.list[?n > `1`]":                             true,
		"data.list[?n > `2`]":                             false,
		"data.list[0].n == `1` && data.list[-1].n == `2`": true,
		"data.list[?n == `2`] | [0].n == `2`":             true,
		"@.name == 'temperature'":                         true,
		"nothing.at.all":                                  false,
		"data.deep.x":                                     false,
		"contains(nothing, 'x')":                          false, // an error of its evaluation
		"name < `5`":                                      false,
	} {
		f, err := new(filter.Reader).New(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if got := f.Match(message()); got != want {
			t.Errorf("%s: %v", expression, got)
		}
	}
}

// TestData: what is not text or JSON, is encrypted or large, is not there.
func TestData(t *testing.T) {
	f, err := new(filter.Reader).New("data == 'x' || length(data) > `1`")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		m    protocol.Message
		want bool
	}{
		{"text", protocol.Message{Data: protocol.Data{Kind: protocol.Text, Bytes: []byte("x")}}, true},
		{"bytes", protocol.Message{Data: protocol.Data{Kind: protocol.Binary, Bytes: []byte("x")}}, false},
		{"a cipher", protocol.Message{Encoding: "cipher+aes-256-cbc", Data: protocol.Data{Kind: protocol.Text, Bytes: []byte("x")}}, false},
		{"nothing", protocol.Message{}, false},
		{"much", protocol.Message{Data: protocol.Data{Kind: protocol.Text, Bytes: make([]byte, filter.MaxData)}}, true},
		{"too much", protocol.Message{Data: protocol.Data{Kind: protocol.Text, Bytes: make([]byte, filter.MaxData+1)}}, false},
	} {
		if got := f.Match(&c.m); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}

func TestRefused(t *testing.T) {
	for expression, reason := range map[string]string{
		"":             "no JMESPath",
		"name ==":      "no JMESPath",
		"name = 'x'":   "no JMESPath",
		"name == 'x":   "no JMESPath",
		"[@,@]|[@,@]":  "lists",
		"data[]":       "lists",
		"data.[a,b]":   "lists",
		"[ 'a', 'b' ]": "lists",
		"data[*]":      "lists", "*.a": "wildcards",
		"{a:@}":                  "objects",
		"map(&@, data)":          "map",
		"to_string (@)":          "to_string",
		"sort_by(data.list, &n)": "sort_by",
		"data[?`[1,2]`]":         "literals",
		"data[?` {\"a\":1}`]":    "literals",
		strings.Repeat("(", 17) + "name" + strings.Repeat(")", 17): "nested",
		strings.Repeat("a", filter.MaxLength+1):                    "longer",
	} {
		if _, err := new(filter.Reader).New(expression); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%.40s: %v", expression, err)
		}
	}
	for encoded, reason := range map[string]string{"%%": "base64", strings.Repeat("A", 1000): "longer", "": "no JMESPath"} {
		if _, err := new(filter.Reader).Parse(encoded); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%.40s: %v", encoded, err)
		}
	}
	for _, of := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if _, err := new(filter.Reader).Parse(of.EncodeToString([]byte("name == '??>>'"))); err != nil {
			t.Error(err)
		}
	}
}

// TestSkipsWhatIsNotLookedAt: that a filter does not read what it need not changes nothing.
func TestSkipsWhatIsNotLookedAt(t *testing.T) {
	parts := []string{"name == 'temperature'", "headers.flag", "extras.headers.region == 'eu'", "data.degrees > `5`", `"d\u0061ta".degrees`, "@.headers.flag"}
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.SampledFrom(parts), 1, 4).Draw(t, "parts")
		f, err := new(filter.Reader).New(strings.Join(all, " && "))
		if err != nil {
			t.Fatal(err)
		}
		if !f.Match(message()) {
			t.Fatalf("%q", all)
		}
	})
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{"name == 'x' && headers.a > `1`", "data.list[?n == `2`] | [0]", "contains(data.tags, 'b') || !data.deep", "a[0:2:-1]", "`\"\\`\"`", `"\u00e9"`} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, expression string) {
		if x, err := new(filter.Reader).New(expression); err == nil {
			x.Match(message())
		}
	})
}

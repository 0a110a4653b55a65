package config

import (
	"errors"
	"io/fs"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

type inner struct {
	Rate  float64
	Wait  time.Duration `doc:"How long to wait."`
	Names []string
}

type pair struct{ Left, Right string }

func (p *pair) UnmarshalText(b []byte) error {
	var ok bool
	if p.Left, p.Right, ok = strings.Cut(string(b), ":"); !ok {
		return errors.New("expected left:right")
	}
	return nil
}

type door struct {
	Name     string
	Password string
	Behind   []door
}

type embedded struct{ Deep int8 }

type sample struct {
	embedded `yaml:",inline"`

	Listen   string
	Color    string `enum:"red,green"`
	On       bool
	Count    int
	Big      uint64
	Inner    inner `doc:"The inner part."`
	Networks []netip.Prefix
	Pairs    []pair
	Doors    []door
	Limits   map[string]int
	Key      Secret
	URL      string `secret:"url"`
	APIToken string `secret:"true"`
	Hook     func()
	Skipped  string `yaml:"-"`
	Other    string `yaml:"renamed"`
}

func newSample(t testing.TB) (*Schema, *sample) {
	t.Helper()
	c := &sample{Listen: "a:1", Color: "red", Inner: inner{Wait: time.Minute}}
	s, err := NewSchema("X_", nil, Section{Value: c})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func TestFile(t *testing.T) {
	s, c := newSample(t)
	_, err := s.Load(Source{Name: "f.yaml", File: []byte(`
listen: b:2
color: green
on: true
count: -3
big: 18446744073709551615
deep: 7
inner:
  rate: 1.5
  wait: 90s
  names: [x, y]
networks: [10.0.0.0/8]
pairs: ["l:r", {left: a, right: b}]
doors: [{name: front, password: pw}]
limits: {a: 1, b: 2}
key: 0123
renamed: z
`)})
	if err != nil {
		t.Fatal(err)
	}
	want := sample{
		embedded: embedded{7}, Listen: "b:2", Color: "green", On: true, Count: -3, Big: 1<<64 - 1,
		Inner:    inner{1.5, 90 * time.Second, []string{"x", "y"}},
		Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Pairs:    []pair{{"l", "r"}, {"a", "b"}}, Doors: []door{{"front", "pw", nil}},
		Limits: map[string]int{"a": 1, "b": 2}, Key: "0123", Other: "z",
	}
	if !reflect.DeepEqual(*c, want) {
		t.Errorf("got  %+v\nwant %+v", *c, want)
	}
	if got := s.Setting("inner.wait").Origin; got != "f.yaml:10" {
		t.Errorf("origin %q", got)
	}
}

func TestFileProblems(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"unknown":        {"count: 1\nlistn: x\n", `f:2: listn: unknown key; did you mean listen?`},
		"swapped":        {"lisetn: x\n", `f:1: lisetn: unknown key; did you mean listen?`},
		"wrong place":    {"wait: 1s\n", `f:1: wait: unknown key; did you mean inner.wait?`},
		"far away":       {"inner:\n  qqqqqq: 1\n", `f:2: inner.qqqqqq: unknown key; known here: rate, wait, names`},
		"in a list":      {"doors:\n- name: a\n  pasword: b\n", `f:3: doors.pasword: unknown key; did you mean password?`},
		"number":         {"count: many\n", `f:1: count: "many" is not a whole number`},
		"unsigned":       {"big: -1\n", `f:1: big: "-1" is not a whole number from 0 to 18446744073709551615`},
		"overflow":       {"deep: 300\n", `f:1: deep: "300" is not a whole number`},
		"bool":           {"on: yes\n", `f:1: on: "yes" is neither true nor false`},
		"duration":       {"inner: {wait: 5}\n", `f:1: inner.wait: "5" is not a duration; write a number and its unit, such as 500ms, 5s or 1h30m`},
		"enum":           {"color: grean\n", `f:1: color: "grean" is not one of red, green; did you mean green?`},
		"list for text":  {"listen: [a]\n", `f:1: listen: is a list, expected text`},
		"text for list":  {"networks: x\n", `f:1: networks: is a single value, expected list of prefix`},
		"text for group": {"inner: x\n", `f:1: inner: is a single value, expected keys and values: rate, wait, names`},
		"no value":       {"listen:\n", `f:1: listen: has no value; give it one (text) or remove the line`},
		"twice":          {"count: 1\ncount: 2\n", `f:2: count: is given twice, first in line 1`},
		"merge":          {"inner: &a {rate: 1}\n<<: *a\n", `f:2: << is not supported; write the keys out`},
		"list as file":   {"- a\n", `f:1: is a list, expected keys and values: ` + strings.Join(names(t), ", ")},
		"syntax":         {"a: b\n  c: d\n", `f:2: not valid YAML: mapping values are not allowed in this context`},
		"tab":            {"inner:\n\trate: 1\n", `f:2: not valid YAML: found character that cannot start any token; indent with spaces, YAML takes no tabs`},
		"two documents":  {"count: 1\n---\ncount: 2\n", `f:2: not valid YAML: a second document (---) begins; one file is one document`},
		"own text":       {"pairs: [hush]\n", `f:1: pairs: "hush" is not valid: expected left:right`},
		"endless":        {"doors: &a [{behind: *a}]\n", `f:1: doors.behind.behind.behind.behind.behind.behind.behind.behind.behind.behind.behind.behind.behind.behind.behind: too deep or too large; is an alias (*name) used inside its own anchor (&name)?`},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newSample(t)
			_, err := s.Load(Source{Name: "f", File: []byte(c.file)})
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func names(t *testing.T) []string {
	s, _ := newSample(t)
	return s.root.names()
}

func TestAllProblemsAtOnce(t *testing.T) {
	s, _ := newSample(t)
	_, err := s.Load(Source{
		Name: "f", File: []byte("on: 1\nzzzzzz: 1\ncount: x\n"), Env: []string{"X_DEEP=x"},
		Flags: []Flag{{"--set", "nope", "1"}},
	})
	var ps Problems
	if !errors.As(err, &ps) || len(ps) != 5 {
		t.Fatalf("want five problems, got %v", err)
	}
}

func TestEmptyFile(t *testing.T) {
	for _, file := range []string{"", "# nothing\n", "inner:\n", "---\n"} {
		s, _ := newSample(t)
		if _, err := s.Load(Source{File: []byte(file)}); err != nil {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func TestPrecedence(t *testing.T) {
	file := []byte("listen: file\ncount: 1\nbig: 1\n")
	s, c := newSample(t)
	_, err := s.Load(Source{
		Name: "f", File: file, Env: []string{"X_LISTEN=env", "X_COUNT=2"}, Flags: []Flag{{"--listen", "listen", "flag"}},
		Over: []Value{{"listen", "over", "there"}, {"count", "5", "there"}, {"big", "6", "there"}, {"inner.names", `["a,b"]`, "there: names"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "flag" || c.Count != 2 || c.Big != 6 || c.Color != "red" || !slices.Equal(c.Inner.Names, []string{"a,b"}) {
		t.Errorf("got %+v", c)
	}
	for key, want := range map[string]string{"listen": "flag --listen", "count": "env X_COUNT", "big": "there", "inner.names": "there: names", "color": "default"} {
		if got := s.Setting(key).Origin; got != want {
			t.Errorf("origin of %s is %q, want %q", key, got, want)
		}
	}
}

func TestOverProblems(t *testing.T) {
	s, _ := newSample(t)
	_, err := s.Load(Source{Over: []Value{{"lissten", "x", "other: a"}, {"key", "k", "other: b"}, {"count", "many", "other: c"}}})
	want := "other: a: unknown key \"lissten\"; did you mean listen?\nother: c: count: \"many\" is not a whole number"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestEnvOfEveryKey sets each variable alone and sees that it arrives at its key.
func TestEnvOfEveryKey(t *testing.T) {
	texts := map[string]string{
		"text": "some", "red | green": "green", "true | false": "true", "number": "7", "decimal number": "2.5",
		"duration": "7s", "list of text": "a, b", "list of prefix": "10.0.0.0/8", "list of {left, right}": "a:b,c:d",
		"list of {name, password, behind}": "[{name: a}]", "map of name to number": "{a: 1}",
	}
	s, _ := newSample(t)
	for _, x := range s.Settings() {
		s, _ := newSample(t)
		warnings, err := s.Load(Source{Env: []string{x.Env + "=" + texts[x.Type]}})
		if err != nil || warnings != nil {
			t.Errorf("%s: %v %v", x.Env, err, warnings)
			continue
		}
		for _, y := range s.Settings() {
			if changed := y.Shown() != y.Default(); changed != (y.Key == x.Key) || y.FromDefault() == changed {
				t.Errorf("%s: %s is %q, default %q, from %s", x.Env, y.Key, y.Shown(), y.Default(), y.Origin)
			}
		}
	}
}

func TestEnvProblems(t *testing.T) {
	for env, want := range map[string]string{
		"X_COUNT=x":                     `X_COUNT: count: "x" is not a whole number`,
		"X_DOORS=a,b":                   `X_DOORS: doors: expected a list of {name, password, behind}, written as a YAML list on one line: [{…}, {…}]`,
		"X_DOORS=[{nme: a}]":            `X_DOORS: doors: doors.nme: unknown key; did you mean name?`,
		"X_LIMITS=a":                    `X_LIMITS: limits: is a single value, expected map of name to number`,
		"X_LIMITS={a":                   `X_LIMITS: limits: not valid YAML; expected a map of name to number`,
		"X_NETWORKS=10.0.0.0/8,nothing": `X_NETWORKS: networks: "nothing" is not a valid prefix: netip.ParsePrefix("nothing"): no '/'`,
		"X_KEY_FILE=/gone":              `X_KEY_FILE: file does not exist; it must name a readable file with the value of key`,
	} {
		s, _ := newSample(t)
		_, err := s.Load(Source{Env: []string{env}, ReadFile: func(string) ([]byte, error) { return nil, fs.ErrNotExist }})
		if err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", env, err, want)
		}
	}
}

func TestEnvWarnings(t *testing.T) {
	s, _ := newSample(t)
	warnings, err := s.Load(Source{
		Env:    []string{"X_LISTN=1", "X_LISTEN_FILE=f", "X_OWN=1", "Y_LISTN=1", "X_QQQQQQQQQQQ=1"},
		Ignore: []string{"X_OWN"},
	})
	want := []string{
		"X_LISTN: ignored, there is no such setting; did you mean X_LISTEN?",
		"X_LISTEN_FILE: ignored, because listen is not a secret; set X_LISTEN itself",
		"X_QQQQQQQQQQQ: ignored, there is no such setting",
	}
	if err != nil || !reflect.DeepEqual(warnings, want) {
		t.Errorf("%v\ngot  %q\nwant %q", err, warnings, want)
	}
}

func TestSecretFromFile(t *testing.T) {
	s, c := newSample(t)
	read := func(name string) ([]byte, error) { return []byte("from " + name + "\r\n"), nil }
	if _, err := s.Load(Source{Env: []string{"X_KEY_FILE=f"}, ReadFile: read}); err != nil || c.Key != "from f" {
		t.Errorf("got %q, %v", string(c.Key), err)
	}
	s, _ = newSample(t)
	_, err := s.Load(Source{Env: []string{"X_KEY=a", "X_KEY_FILE=f"}, ReadFile: read})
	if err == nil || err.Error() != "X_KEY_FILE: X_KEY is set too; unset one of them" {
		t.Errorf("got %v", err)
	}
}

func TestSchemaMistakes(t *testing.T) {
	type ab struct{ A_B, C int }   //nolint:revive,staticcheck // its key is the one that a.b is mistaken for
	type a struct{ B, C_FILE int } //nolint:revive,staticcheck // its variable ends like that of a file
	type file struct {
		Key     Secret
		KeyFile string
	}
	for name, c := range map[string]struct {
		sections []Section
		want     string
	}{
		"same key":      {[]Section{{Value: &ab{}}, {Value: &ab{}}}, "a_b is declared twice"},
		"same variable": {[]Section{{Value: &ab{}}, {Key: "a", Value: &a{}}}, "a_b and a.b would share the variable X_A_B"},
		"file twin":     {[]Section{{Value: &file{}}}, "key and key_file would share the variable X_KEY_FILE"},
		"under setting": {[]Section{{Value: &ab{}}, {Key: "c.d", Value: &a{}}}, "c is both a setting and the key of others"},
		"no pointer":    {[]Section{{Key: "k", Value: a{}}}, `section "k": configuration is a config.a, must be a pointer to a struct`},
	} {
		if _, err := NewSchema("X_", nil, c.sections...); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

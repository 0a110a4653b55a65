package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
)

const secretFile = `
key: hush1
api_token: hush2
url: postgres://me:hush3@db/x?password=hush4
doors: [{name: front, password: hush5}]
listen: open
`

func TestNoSecretIsShown(t *testing.T) {
	s, c := newSample(t)
	if _, err := s.Load(Source{Name: "f", File: []byte(secretFile)}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.Render(&b, View{Origins: true}); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "key", c.Key)
	fmt.Fprintf(&b, "%v %+v %#v %s %q", c.Key, c.Key, c.Key, c.Key, c.Key)
	if err := json.NewEncoder(&b).Encode(c.Key); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "hush") {
		t.Errorf("a secret is shown:\n%s", b.String())
	}
	for _, want := range []string{
		"listen: open # f:6", "key: '***' # f:2", "doors: [{name: front, password: '***'}] # f:5", "me:xxxxx@db", "color: red # default",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

func TestRevealedFileIsTheSame(t *testing.T) {
	s, first := newSample(t)
	if _, err := s.Load(Source{Name: "f", File: []byte(secretFile + "networks: [10.0.0.0/8]\nlimits: {b: 2, a: 1}\n")}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.Render(&b, View{Reveal: true, Keep: func(x *Setting) bool { return !x.FromDefault() }}); err != nil {
		t.Fatal(err)
	}
	s, second := newSample(t)
	if _, err := s.Load(Source{Name: "f", File: b.Bytes()}); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if !reflect.DeepEqual(first, second) {
		t.Errorf("got  %+v\nwant %+v", second, first)
	}
	if strings.Contains(b.String(), "color") {
		t.Errorf("a default was kept:\n%s", b.String())
	}
}

func TestReference(t *testing.T) {
	s, _ := newSample(t)
	var env, doc bytes.Buffer
	if err := s.WriteEnv(&env); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteMarkdown(&doc); err != nil {
		t.Fatal(err)
	}
	for _, x := range s.Settings() {
		for _, name := range x.variables() {
			if !strings.Contains(env.String(), name+" ") || !strings.Contains(doc.String(), "`"+name+"`") {
				t.Errorf("%s is missing", name)
			}
		}
	}
	for _, want := range []string{"## `inner`", "The inner part.", "| `inner.wait` | duration | `1m` | `X_INNER_WAIT` | How long to wait. |", `red \| green`} {
		if !strings.Contains(doc.String(), want) {
			t.Errorf("%q is missing in\n%s", want, doc.String())
		}
	}
}

// A key inside of lists and maps is explained under the setting that holds them.
func TestReferenceOfInnerKeys(t *testing.T) {
	type door struct {
		Width  int `doc:"How wide it is."`
		Colors map[string]struct {
			Hex string `doc:"What paint."`
		} `doc:"By side."`
	}
	var house struct {
		Doors []door   `doc:"All of them."`
		Names []string `doc:"What it is called."`
	}
	s, err := NewSchema("X_", nil, Section{Key: "house", Value: &house})
	if err != nil {
		t.Fatal(err)
	}
	var doc bytes.Buffer
	if err := s.WriteMarkdown(&doc); err != nil {
		t.Fatal(err)
	}
	const want = "| `house.doors` | list of {width, colors} |  | `X_HOUSE_DOORS` | All of them. |\n" +
		"| `house.doors[].width` | number | | | How wide it is. |\n" +
		"| `house.doors[].colors` | map of name to {hex} | | | By side. |\n" +
		"| `house.doors[].colors.*.hex` | text | | | What paint. |\n" +
		"| `house.names` | list of text |  | `X_HOUSE_NAMES` | What it is called. |\n"
	if !strings.Contains(doc.String(), want) {
		t.Errorf("got\n%s\nwant\n%s", doc.String(), want)
	}
}

func TestSnake(t *testing.T) {
	for name, want := range map[string]string{
		"Listen": "listen", "DataDir": "data_dir", "URL": "url", "MaxHTTPSize": "max_http_size", "JWKSURL": "jwksurl", "A": "a", "EchoKey": "echo_key",
	} {
		if got := snake(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestComments(t *testing.T) {
	c := Comments{}
	if err := c.AddPackage("madang/internal/config", "."); err != nil {
		t.Fatal(err)
	}
	const name = "madang/internal/config.Setting.Key"
	if c[name] != "Path with dots" {
		t.Errorf("got %q", c[name])
	}
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	if again := ReadComments(b.String()); !reflect.DeepEqual(again, c) {
		t.Errorf("got %v", again)
	}
	s, err := NewSchema("X_", c, Section{Value: &Setting{}})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Setting("key").Doc; got != "Path with dots" {
		t.Errorf("got %q", got)
	}
	if got := sentence("MaxAge", "MaxAge is how\nold. Default 0."); got != "How old. Default 0." {
		t.Errorf("got %q", got)
	}
}

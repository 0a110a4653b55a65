package jws

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestObject(t *testing.T) {
	for _, good := range []string{
		`{}`, ` { "a" : [ ] , "b" : { "a" : null } } ` + "\n", `{"a":1e999,"A":0.10,"":"😀"}`,
		strings.Repeat(`{"a":`, maxDepth) + `1` + strings.Repeat(`}`, maxDepth),
	} {
		o, err := Object([]byte(good))
		if err != nil {
			t.Errorf("%s: %v", good, err)
			continue
		}
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Object(text); err != nil || len(again) != len(o) {
			t.Errorf("%s: came back as %v, %v", good, again, err)
		}
	}
	for _, bad := range []string{
		``, ` `, `null`, `1`, `"a"`, `[{}]`, `{`, `}`, `{]`, `{}}`, `{},`, `{}{}`, `{} x`, "{}\x00", `{"a"}`, `{"a":}`, `{"a" 1}`, `{"a":1,}`,
		`{,"a":1}`, `{"a":1 "b":2}`, `{a:1}`, `{'a':1}`, `{1:1}`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1 2]}`, `{"a":01}`, `{"a":+1}`, `{"a":.5}`,
		`{"a":NaN}`, `{"a":True}`, "{\"a\":\"\n\"}", `{"a":"\x"}`, `{"a":1/*x*/}`, "\ufeff{}", "{\"a\":\"\xff\"}",
		`{"a":1,"a":1}`, `{"a":{"b":1,"\u0062":2}}`, `{"a":[[{"b":1,"b":1}]]}`,
		strings.Repeat(`{"a":`, maxDepth+1) + `1` + strings.Repeat(`}`, maxDepth+1),
	} {
		if o, err := Object([]byte(bad)); err == nil {
			t.Errorf("%q: accepted as %v", bad, o)
		}
	}
}

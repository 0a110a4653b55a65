package auth

import (
	"encoding/json"
	"strings"
	"testing"
)

const signature = "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4"

func TestParseAnswer(t *testing.T) {
	for body, want := range map[string]struct{ user, raw, data, key, signed string }{
		"true":              {},
		"\ufeff\n true\r\n": {},
		`{"channel_data":{"user_id":1,"user_info":{"id":1,"name":"User 1"}}}`:                     {"1", "1", `{"id":1,"name":"User 1"}`, "", `{"user_id":1,"user_info":{"id":1,"name":"User 1"}}`},
		`{"channel_data":{"user_id":12345678901234567890,"user_info":[]}}`:                        {"12345678901234567890", "12345678901234567890", `[]`, "", `{"user_id":12345678901234567890,"user_info":[]}`},
		`{"channel_data":"{\"user_id\":\"u\\/1\",\"user_info\":{\"z\":1,\"a\":\"\\ud55c\\/\"}}"}`: {"u/1", "", `{"z":1,"a":"\ud55c\/"}`, "", `{"user_id":"u\/1","user_info":{"z":1,"a":"\ud55c\/"}}`},
		`{"channel_data":{"user_id":"7"}}`:                                                        {"7", "", "", "", `{"user_id":"7"}`},
		`{"auth":"k:` + signature + `"}`:                                                          {"", "", "", "k", ""},
		`{"auth":"k:` + signature + `","channel_data":"{\"user_id\":7}","shared_secret":"x"}`:     {"7", "7", "", "k", `{"user_id":7}`},
		`{"auth":"k:` + strings.ToUpper(signature) + `","channel_data":{"user_id":-1}}`:           {"-1", "-1", "", "k", `{"user_id":-1}`},
	} {
		a, err := parseAnswer([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		got := want
		got.key, got.signed, got.user, got.raw, got.data = a.key, string(a.signed), "", "", ""
		if a.member != nil {
			got.user, got.raw, got.data = a.member.User, string(a.member.RawUser), string(a.member.Data)
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", body, got, want)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	for _, body := range []string{
		"", " ", "\ufeff", "false", "null", "1", `"true"`, "TRUE", "true true", "truex", "[true]", "[]", "{}", "<!DOCTYPE html><html>true</html>",
		`{"message":"ok"}`, `{"Auth":"k:` + signature + `"}`, `{"auth":true}`, `{"auth":null}`, `{"auth":""}`, `{"auth":"k:short"}`, `{"auth":":` + signature + `"}`,
		`{"auth":"` + signature + `"}`, `{"auth":"k:` + signature + `x"}`, `{"auth":"k:` + signature + `","channel_data":"x"}`,
		`{"channel_data":null}`, `{"channel_data":"null"}`, `{"channel_data":[]}`, `{"channel_data":true}`, `{"channel_data":{}}`, `{"channel_data":{"user_id":null}}`,
		`{"channel_data":{"user_id":""}}`, `{"channel_data":{"user_id":true}}`, `{"channel_data":{"user_id":{}}}`, `{"channel_data":{"user_id":[1]}}`,
		`{"channel_data":{"User_Id":1}}`, `{"channel_data":{"user_id":1.0}}`, `{"channel_data":{"user_id":1e2}}`, `{"channel_data":"{\"user_id\":1"}`, `{"channel_data":{"user_id":"a\u0000b"}}`,
		`{"channel_data":{"user_id":"` + strings.Repeat("x", maxID+1) + `"}}`, `{"channel_data":{"user_id":1}} <br>`, "\x1f\x8b\x08\x00",
		strings.Repeat("[", 20000), "{\"channel_data\":{\"user_id\":1,\"user_info\":{\"name\":\"\xff\"}}}", "{\"auth\":\"\xffk:" + signature + "\"}",
	} {
		if a, err := parseAnswer([]byte(body)); err == nil {
			t.Errorf("%.80q is taken for a yes: %+v", body, a)
		}
	}
}

// Whatever comes, only what is said in so many words is a yes, and what is then handed on is well formed.
func FuzzParseAnswer(f *testing.F) {
	for _, s := range []string{
		"true", " true\n", "false", "<html>", `{"channel_data":{"user_id":1,"user_info":{"id":1}}}`, `{"auth":"k:` + signature + `"}`,
		`{"auth":"k:` + signature + `","channel_data":"{\"user_id\":\"a\"}"}`, `{"channel_data":"{}"}`, "null", `{"a":`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := parseAnswer(body)
		if err != nil {
			return
		}
		text := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(body)), "\ufeff"))
		if text != "true" && !(strings.HasPrefix(text, "{") && json.Valid([]byte(text))) {
			t.Fatalf("%q is a yes", body)
		}
		if text == "true" && (a.member != nil || a.key != "") || text != "true" && a.member == nil && a.key == "" {
			t.Fatalf("%q: %+v", body, a)
		}
		if m := a.member; m != nil {
			if m.User == "" || m.Data != nil && !json.Valid(m.Data) || m.RawUser != nil && (!json.Valid(m.RawUser) || string(m.RawUser) != m.User) {
				t.Fatalf("%q: %+v", body, m)
			}
		}
	})
}

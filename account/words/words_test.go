package words

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestSay(t *testing.T) {
	en10, en8, ko := Speaker{}, Speaker{Profile: Laravel8}, Speaker{Language: Korean}
	for _, c := range []struct {
		s     Speaker
		key   Key
		pairs []string
		want  string
	}{
		{en10, Email, []string{"attribute", "email"}, "The email field must be a valid email address."},
		{en8, Email, []string{"attribute", "email"}, "The email must be a valid email address."},
		{en8, Required, []string{"attribute", "current_password"}, "The current password field is required."},
		{en10, MaxString, []string{"attribute", "name", "max", "255"}, "The name field must not be greater than 255 characters."},
		{en8, Sent, nil, "We have emailed your password reset link!"},
		{en10, Sent, nil, "We have emailed your password reset link."},
		{en8, Throttle, []string{"seconds", "36"}, "Too many login attempts. Please try again in 36 seconds."},
		{ko, Required, []string{"attribute", "email"}, "이메일을 입력해 주세요."},
		{ko, Required, []string{"attribute", "password"}, "비밀번호를 입력해 주세요."},
		{ko, Unique, []string{"attribute", "email"}, "이미 사용 중인 이메일입니다."},
		{ko, MinString, []string{"attribute", "password", "min", "8"}, "비밀번호는 8자 이상이어야 합니다."},
		{ko, Confirmed, []string{"attribute", "password"}, "비밀번호가 서로 다릅니다."},
		{ko, Email, []string{"attribute", "email"}, "이메일이 올바른 이메일 주소가 아닙니다."},
		{ko, Required, []string{"attribute", "nick_name"}, "nick name를 입력해 주세요."},
		{ko, Required, []string{"attribute", "xyz7"}, "xyz7을 입력해 주세요."},
		{ko, Required, []string{"attribute", ":attribute"}, ":attribute를 입력해 주세요."}, // a name is not looked into
	} {
		if got := c.s.Say(c.key, c.pairs...); got != c.want {
			t.Errorf("%+v %s: %q, want %q", c.s, c.key, got, c.want)
		}
	}
}

// Everything can be said in every language, and no placeholder is in one alone.
func TestTexts(t *testing.T) {
	for key, x := range texts() {
		if x.now == "" || x.ko == "" {
			t.Errorf("%s is not said in every language", key)
		}
		for _, p := range []string{":attribute", ":max", ":min", ":values", ":seconds", ":count"} {
			if n := strings.Contains(x.now, p); n != strings.Contains(x.ko, p) && p != ":attribute" || x.old != "" && n != strings.Contains(x.old, p) {
				t.Errorf("%s: %s", key, p)
			}
		}
	}
	if len(texts()) != 28 {
		t.Errorf("%d texts", len(texts()))
	}
}

func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		s    Speaker
		want string
	}{
		"Laravel 10": {Speaker{}, "The name field is required. (and 2 more errors)"},
		"Laravel 8":  {Speaker{Profile: Laravel8}, "The given data was invalid."},
		"Korean":     {Speaker{Language: Korean, Profile: Laravel8}, "이름을 입력해 주세요. (외 2건)"},
	} {
		e := NewErrors(c.s)
		if e.Any() || e.Has("name") {
			t.Errorf("%s: nothing is wrong yet", name)
		}
		e.Add("name", Required)
		e.Add("email", Email)
		if e.Add("name", MaxString, "max", "255"); e.Message() != c.want || e.Error() != c.want || len(e.Of("name")) != 2 || !e.Has("email") {
			t.Errorf("%s: %q, want %q", name, e.Message(), c.want)
		}
	}
	e := NewErrors(Speaker{})
	e.Add("email", Unique)
	b, err := json.Marshal(e)
	const want = `{"message":"The email has already been taken.","errors":{"email":["The email has already been taken."]}}`
	if err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
	e.AddText("email", "more")
	if got := e.Message(); got != "The email has already been taken. (and 1 more error)" {
		t.Error(got)
	}
	e.AddText("a<b", "1 & 2")
	b, err = json.Marshal(e)
	const both = `"errors":{"email":["The email has already been taken.","more"],"a\u003cb":["1 \u0026 2"]}}`
	if err != nil || !strings.HasSuffix(string(b), both) {
		t.Errorf("%s, %v: the fields are not in the order in which they were found wrong", b, err)
	}
	if b, err := json.Marshal(new(Errors)); err != nil || string(b) != `{"message":"The given data was invalid.","errors":{}}` {
		t.Errorf("%s, %v", b, err)
	}
}

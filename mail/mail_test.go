package mail

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestAddresses(t *testing.T) {
	for _, good := range []string{"kim@example.com", "kim+tag@example.co.kr", "김철수@example.com", "a.b-c_d@[192.0.2.1]"} {
		if err := (Address{Address: good, Name: "김철수, 대표 \"철수\""}).Validate(); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{
		"", "kim", "@example.com", "kim@", "Kim <kim@example.com>", "kim@example.com, lee@example.com", "kim@example.com\r\nBcc: lee@example.com",
		"kim@example.com\n", " kim@example.com", "<kim@example.com>", "kim@example.com (comment)", "\"a\\\r\nRCPT TO:<x@y>\"@example.com",
		"kim\x00@example.com", strings.Repeat("a", 251) + "@b.c",
	} {
		if err := (Address{Address: bad}).Validate(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, name := range []string{"Kim\r\nBcc: x@y", "\xff", "a\x00", strings.Repeat("a", 501)} {
		if err := (Address{Address: "kim@example.com", Name: name}).Validate(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestMessages(t *testing.T) {
	good := Message{To: Address{Address: "kim@example.com"}, Subject: "비밀번호", Text: "안녕하세요"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Message){
		"no address": func(m *Message) { m.To.Address = "" }, "no subject": func(m *Message) { m.Subject = "" },
		"two lines": func(m *Message) { m.Subject = "a\r\nBcc: x@y" }, "no text": func(m *Message) { m.Text = "" },
		"bad text": func(m *Message) { m.Text = "\xff" }, "bad HTML": func(m *Message) { m.HTML = "\xff" },
	} {
		m := good
		change(&m)
		if err := new(Box).Send(t.Context(), m); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBox(t *testing.T) {
	var b Box
	for i := range BoxSize + 20 {
		if err := b.Send(t.Context(), Message{To: Address{Address: "kim@example.com"}, Subject: fmt.Sprint(i), Text: "text"}); err != nil {
			t.Fatal(err)
		}
	}
	all := b.Mails()
	if len(all) != BoxSize || all[0].Subject != fmt.Sprint(BoxSize+19) || all[BoxSize-1].Subject != "20" || all[0].ID != BoxSize+20 {
		t.Errorf("%d mails, from %s to %s", len(all), all[0].Subject, all[len(all)-1].Subject)
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("kim@example.com", "Kim")
	f.Add("kim@example.com\r\nBcc: x@y", "")
	f.Add("\"a b\"@example.com", "\"")
	f.Fuzz(func(t *testing.T, address, name string) {
		a := Address{Name: name, Address: address}
		if a.Validate() != nil {
			return
		}
		if s := a.String(); strings.ContainsAny(s, "\r\n\x00") || strings.Count(address, "@") < 1 {
			t.Errorf("%q %q: %q", address, name, s)
		}
	})
}

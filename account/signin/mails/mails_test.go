package mails

import (
	"strings"
	"testing"
	"testing/fstest"

	"madang/account/words"
)

func TestEveryMail(t *testing.T) {
	set, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := Data{Product: "마당 & <벗>", Link: "https://example.com/reset-password/abc?email=kim%40example.com&x=1", Minutes: 30, When: "2026-11-22 16:00 UTC", Address: "192.0.2.7"}
	for _, kind := range Kinds() {
		ko, errKo := set.Make(kind, words.Korean, "kim@example.com", d)
		en, errEn := set.Make(kind, words.English, "kim@example.com", d)
		other, errOther := set.Make(kind, "fr", "kim@example.com", d)
		if errKo != nil || errEn != nil || errOther != nil {
			t.Fatal(kind, errKo, errEn, errOther)
		}
		if ko.Subject == en.Subject || other.Text != en.Text || !strings.Contains(ko.HTML, ko.Subject) {
			t.Errorf("%s: %q, %q", kind, ko.Subject, en.Subject)
		}
		for _, m := range []string{ko.Text, en.Text} {
			if !strings.Contains(m, d.Product) || strings.Contains(m, "<no value>") {
				t.Errorf("%s: %s", kind, m)
			}
			link := kind == Reset || kind == Verify
			if strings.Contains(m, d.Link) != link || link && !strings.Contains(m, "30") || !link && (!strings.Contains(m, d.When) || !strings.Contains(m, d.Address)) {
				t.Errorf("%s: %s", kind, m)
			}
		}
		for _, page := range []string{ko.HTML, en.HTML} {
			if strings.Contains(page, "<벗>") || strings.Contains(page, `href="https://example.com`) != (kind == Reset || kind == Verify) {
				t.Errorf("%s: %s", kind, page)
			}
		}
	}
	if _, err := set.Make("other", words.English, "kim@example.com", d); err == nil {
		t.Error("a mail that there is not was made")
	}
	if _, err := set.Make(Reset, words.English, "kim@example.com\r\nBcc: lee@example.com", d); err == nil {
		t.Error("an address that is two was taken")
	}
}

func TestOverride(t *testing.T) {
	set, err := New(fstest.MapFS{"reset.ko.txt": {Data: []byte("우리 제목\n\n{{.Link}}\n")}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := set.Make(Reset, words.Korean, "kim@example.com", Data{Link: "https://example.com/"})
	if err != nil || m.Subject != "우리 제목" || m.Text != "https://example.com/\n" {
		t.Errorf("%+v, %v", m, err)
	}
	for name, text := range map[string]string{
		"reset.ko.txt": "{{.Nobody}}", "verify.en.txt": "{{", "layout.html": "{{.Nobody}}",
		"reused.ko.txt": "", "rest.ko.txt": "subject\n\ntext", "factor-on.en.txt": "subject\n\n" + strings.Repeat("x", maxFile),
	} {
		if _, err := New(fstest.MapFS{name: {Data: []byte(text)}}); err == nil {
			t.Errorf("%s with %.20q was taken", name, text)
		}
	}
}

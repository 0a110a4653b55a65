package config

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// FuzzConfig sees that no file and no variable makes the reader panic, that every problem of a file has a line in it,
// that what was read and shown is a file that reads the same, and that nothing secret is shown.
func FuzzConfig(f *testing.F) {
	for _, file := range []string{
		secretFile, "listen: [a\n", "inner: {wait: 5}\n", "a: &a [*a]\n", "<<: *x", "? [a]\n: b", "\t", "\x00", "%YAML 9\n---\n",
		"count: 1\n---\n", "limits: {? : 1}\n", "pairs: [a:b, {left: 1}]", "key: !!binary aGk=\n", "inner: *nobody\n", "on: !x true",
		"listen: |\n  two\n  lines\n", "limits: {a: 1, a: 2}", "networks: [::/0]\n",
	} {
		f.Add([]byte(file), "[a")
	}
	f.Add([]byte(""), "{a: 1}")
	f.Fuzz(func(t *testing.T, file []byte, env string) {
		s, c := newSample(t)
		_, err := s.Load(Source{Name: "f", File: file})
		var ps Problems
		if err != nil && !errors.As(err, &ps) {
			t.Fatalf("no list of problems: %v", err)
		}
		lines := 1 + bytes.Count(file, []byte("\n")) + bytes.Count(file, []byte("\r"))
		for _, p := range ps {
			if p.Line < 1 || p.Line > lines+1 || p.Text == "" || p.Where != "f" {
				t.Fatalf("line %d of %d: %+v", p.Line, lines, p)
			}
		}
		if err == nil {
			showAgain(t, s, c)
		}
		for _, x := range s.Settings() {
			if strings.ContainsRune(env, 0) {
				break
			}
			if err := x.setText(env); err != nil && x.secret != "" && len(env) > 12 && strings.Contains(err.Error(), env) {
				t.Fatalf("the error repeats a secret: %v", err)
			}
		}
	})
}

func showAgain(t *testing.T, s *Schema, c *sample) {
	var b, again bytes.Buffer
	if err := s.Render(&b, View{Reveal: true}); err != nil {
		t.Fatal(err)
	}
	s, _ = newSample(t)
	if _, err := s.Load(Source{Name: "f", File: b.Bytes()}); err != nil {
		t.Fatalf("%v in\n%s of %+v", err, b.String(), c)
	}
	if err := s.Render(&again, View{Reveal: true}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Fatalf("%q is shown as %q", b.String(), again.String())
	}
}

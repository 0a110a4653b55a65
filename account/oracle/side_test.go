package oracle_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A side answers requests: Laravel, or Madang.
type side struct {
	base    string                   // http://127.0.0.1:port
	session string                   // what its cookie for sessions is called
	later   func(time.Duration)      // lets time pass
	now     func() time.Time         // with it
	mail    func(kind string) string // the link in the last mail, without the base
	token   func(cookies jar) string // what a page has in its meta tag csrf-token
	jars    map[string]jar           // by client
	known   map[string]string        // what variables stood for, to name them in answers
}

// A jar is a client's cookies.
type jar map[string]string

// play lets time pass, sends the request of an exchange and returns what is to be compared of the answer.
func (s *side) play(tb testing.TB, t *talk, x *exchange) []string {
	tb.Helper()
	if x.later > 0 {
		s.later(x.later)
	}
	cookies := s.jars[x.client]
	if cookies == nil {
		cookies = jar{}
		s.jars[x.client] = cookies
	}
	r, err := s.make(tb, t, x, cookies)
	if err != nil {
		tb.Fatalf("%s: %v", x.name, err)
	}
	answer, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(r) // redirects are not followed
	if err != nil {
		tb.Fatalf("%s: %v", x.name, err)
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		tb.Fatalf("%s: %v", x.name, err)
	}
	cookies.take(answer)
	return s.tell(answer, body, t.cookies)
}

// take keeps what an answer sets. Secure cookies are kept as well: nobody listens here.
func (j jar) take(r *http.Response) {
	for _, c := range r.Cookies() {
		if c.MaxAge < 0 || !c.Expires.IsZero() && c.Expires.Before(time.Unix(1, 0)) {
			delete(j, c.Name)
			continue
		}
		j[c.Name] = c.Value
	}
}

func (j jar) String() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(j)) {
		all = append(all, name+"="+j[name])
	}
	return strings.Join(all, "; ")
}

// make makes the request.
func (s *side) make(tb testing.TB, t *talk, x *exchange, cookies jar) (*http.Request, error) {
	lines := slices.Clone(x.request)
	for i := range lines {
		lines[i] = s.fill(lines[i], cookies)
	}
	if len(lines) == 0 {
		return nil, errors.New("there is no request")
	}
	method, path, _ := strings.Cut(lines[0], " ")
	headers, body := t.headers.Clone(), ""
	for i, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			body = strings.Join(lines[i+2:], "\n")
			break
		}
		if value = strings.TrimSpace(value); value == "" {
			headers.Del(name)
			continue
		}
		headers.Set(name, s.fill(value, cookies))
	}
	for name, values := range headers {
		headers[name] = []string{s.fill(values[0], cookies)}
	}
	if strings.HasPrefix(headers.Get("Content-Type"), "multipart/") {
		body = strings.ReplaceAll(body, "\n", "\r\n") + "\r\n"
	}
	if body == "" {
		headers.Del("Content-Type")
	}
	r, err := http.NewRequestWithContext(tb.Context(), method, s.base+path, strings.NewReader(files(body)))
	if err != nil {
		return nil, err
	}
	r.Header = headers
	if len(cookies) > 0 {
		r.Header.Set("Cookie", cookies.String())
	}
	return r, nil
}

// variable is {{name}} or {{name argument}}.
var variable = regexp.MustCompile(`{{([a-z]+)(?: ([a-z0-9]+))?}}`)

// fill puts in what only the server can say: xsrf (the cookie's value as a client sends it back), csrf (that of a page's meta
// tag), base, mail reset and mail verify (the links), and secret (in the former).
func (s *side) fill(text string, cookies jar) string {
	return variable.ReplaceAllStringFunc(text, func(v string) string {
		parts := variable.FindStringSubmatch(v)
		value := v
		switch parts[1] {
		case "xsrf":
			value, _ = url.QueryUnescape(cookies["XSRF-TOKEN"])
			return value
		case "csrf":
			return s.token(cookies)
		case "base":
			return s.base
		case "mail":
			if value = s.mail(parts[2]); parts[2] == "reset" {
				s.known[secret(value)] = "{{secret}}"
			}
		case "secret":
			value = secret(s.mail("reset"))
		case "repeat":
			n, _ := strconv.Atoi(parts[2])
			return strings.Repeat("a", n)
		}
		if value != v {
			s.known[value] = v
		}
		return value
	})
}

// secret is what proves the right to a new password, in a link.
func secret(link string) string {
	s, _, _ := strings.Cut(strings.TrimPrefix(link, "/reset-password/"), "?")
	return s
}

// picture is a PNG of one pixel.
const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// files puts in the content of files: png 40 is a picture with so many kilobytes, and text 1 is none.
func files(body string) string {
	return regexp.MustCompile(`\[(png|text) ([0-9]+)\]`).ReplaceAllStringFunc(body, func(v string) string {
		var kind string
		kind, size, _ := strings.Cut(strings.Trim(v, "[]"), " ")
		n, _ := strconv.Atoi(size)
		var b []byte
		if kind == "png" {
			b, _ = base64.StdEncoding.DecodeString(picture)
		}
		return string(append(b, bytes.Repeat([]byte("x"), n<<10-len(b))...))
	})
}

package oracle_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// compared are the headers that clients read, or that make a browser act. Which of them stands first says nothing.
func compared() []string {
	return []string{
		"Location", "Allow", "WWW-Authenticate", "Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Inertia-Location",
	}
}

// tell returns what is to be compared of an answer, in lines.
func (s *side) tell(r *http.Response, body []byte, cookies bool) []string {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if len(body) == 0 || r.StatusCode >= 300 && r.StatusCode < 400 { // nobody reads it
		kind = ""
	}
	lines := []string{strings.TrimSpace(strconv.Itoa(r.StatusCode) + " " + kind)}
	for _, name := range compared() {
		if v := r.Header.Get(name); v != "" {
			lines = append(lines, name+": "+s.header(name, v, r.Header))
		}
	}
	if cookies {
		lines = append(lines, s.cookies(r)...)
	}
	var out bytes.Buffer
	err := reencode(&out, body)
	switch {
	case kind == "text/html":
		if page, ok := drawn(body); ok {
			lines = append(lines, s.named(page))
		}
	case err == nil:
		lines = append(lines, s.named(out.String()))
	case kind == "text/plain" && len(body) > 0:
		lines = append(lines, s.named(strings.TrimSpace(string(body))))
	}
	return lines
}

// header makes a header comparable: a link of the server itself begins with its path, methods are sorted, and of times the
// kind is said.
func (s *side) header(name, v string, all http.Header) string {
	switch name {
	case "Location", "X-Inertia-Location":
		path, own := strings.CutPrefix(s.named(v), s.base)
		if own && !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		return path
	case "Allow":
		methods := strings.Split(strings.ReplaceAll(v, " ", ""), ",")
		slices.Sort(methods)
		return strings.Join(methods, ", ")
	case "Retry-After":
		if n, err := strconv.Atoi(v); err == nil && n > 0 && n <= 60 {
			return "up to 60"
		}
	case "X-RateLimit-Reset":
		at, err := strconv.ParseInt(v, 10, 64)
		after, err2 := strconv.Atoi(all.Get("Retry-After"))
		if d := at - s.now().Unix() - int64(after); err == nil && err2 == nil && d >= -30 && d <= 1 { // the machine may be busy
			return "then"
		}
	}
	return v
}

// cookies returns what cookies are set, and how, without their values.
func (s *side) cookies(r *http.Response) (lines []string) {
	for _, line := range r.Header.Values("Set-Cookie") {
		parts := strings.Split(line, ";")
		name, _, _ := strings.Cut(parts[0], "=")
		if name == s.session {
			name = "the session"
		}
		var how []string
		for _, p := range parts[1:] {
			p = strings.ToLower(strings.TrimSpace(p))
			if !strings.HasPrefix(p, "expires=") { // says the same as max-age
				how = append(how, p)
			}
		}
		slices.Sort(how)
		lines = append(lines, "Set-Cookie: "+name+"; "+strings.Join(how, "; "))
	}
	slices.Sort(lines)
	return lines
}

var seconds = regexp.MustCompile(`in [0-9]+ seconds`)

// named puts the names of variables in for what they stood for.
func (s *side) named(text string) string {
	// A link has a secret in it.
	longest := func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) }
	for _, value := range slices.SortedFunc(maps.Keys(s.known), longest) {
		text = strings.ReplaceAll(text, value, s.known[value])
	}
	return seconds.ReplaceAllString(text, "in N seconds")
}

// drawn returns what a page shows of what happened before, as this test's pages say it, in the same way for both sides. Pages of
// errors are left out: how they look is nobody's contract.
func drawn(body []byte) (text string, ok bool) {
	var page struct {
		Component string
		Status    any
		Errors    map[string]any
		Props     struct {
			Email, Token string
			Errors       map[string]any
			Flash        struct{ Status any }
		}
	}
	if json.Unmarshal(body, &page) != nil || page.Component == "" || page.Component == "Error" {
		return "", false
	}
	if page.Errors == nil { // Madang's
		page.Errors, page.Status = page.Props.Errors, page.Props.Flash.Status
	}
	b, err := json.Marshal(struct {
		Component string         `json:"component"`
		Email     string         `json:"email,omitempty"`
		Token     string         `json:"token,omitempty"`
		Errors    map[string]any `json:"errors"`
		Status    any            `json:"status"`
	}{page.Component, page.Props.Email, page.Props.Token, page.Errors, page.Status})
	return string(b), err == nil
}

// reencode writes JSON without spaces and with as few escapes as there can be. The order of members stays.
func reencode(out *bytes.Buffer, body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := value(out, d); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more behind it")
	}
	return nil
}

func value(out *bytes.Buffer, d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return scalar(out, t)
	}
	out.WriteRune(rune(open))
	for i := 0; d.More(); i++ {
		if i > 0 {
			out.WriteByte(',')
		}
		if open == '{' {
			if err := value(out, d); err != nil {
				return err
			}
			out.WriteByte(':')
		}
		if err := value(out, d); err != nil {
			return err
		}
	}
	t, err = d.Token()
	if end, ok := t.(json.Delim); ok {
		out.WriteRune(rune(end))
	}
	return err
}

func scalar(out *bytes.Buffer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	out.Write(bytes.TrimSpace(b.Bytes()))
	return err
}

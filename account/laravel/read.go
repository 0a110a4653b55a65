package laravel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// ErrTooLarge says that a request's body has more bytes or fields than are read.
var ErrTooLarge = errors.New("laravel: the request is too large")

// Limits are how much of a request is read, in bytes.
type Limits struct {
	Text int64 // of all fields together; 0: 64 KiB
	// File is how large the file of each field may be that can have one; others are passed over. A file that is larger is
	// passed over too, and marked, as long as it is not larger than a whole request may be (MaxUpload).
	File map[string]int64
}

const (
	maxText   = 64 << 10
	maxFields = 1000 // PHP's max_input_vars
	head      = 512  // bytes that are kept of a file that is too large, to see what it is
	// MaxUpload is how large a request with files may be: PHP's post_max_size.
	MaxUpload = 8 << 20
)

// Read reads what a request carries. JSON that cannot be read carries nothing, as in Laravel: a form then lacks its fields.
// The error is ErrTooLarge, or a Problem for a body that was not received.
func Read(w http.ResponseWriter, r *http.Request, l Limits) (*Input, error) {
	if l.Text == 0 {
		l.Text = maxText
	}
	in := &Input{values: map[string]any{}, files: map[string]File{}}
	err := in.read(w, r, l)
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		err = fmt.Errorf("%w: more than %d bytes", ErrTooLarge, tooLong.Limit)
	}
	switch {
	case errors.Is(err, ErrTooLarge):
		return nil, err
	case err != nil: // the client has gone, or cannot count
		return nil, &Problem{Status: http.StatusBadRequest, Message: "Bad Request"}
	}
	in.method = method(r, in)
	return in, nil
}

func (in *Input) read(w http.ResponseWriter, r *http.Request, l Limits) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return in.form(r.URL.RawQuery)
	}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		r.Body = http.MaxBytesReader(w, r.Body, l.whole())
		return in.multipart(multipart.NewReader(r.Body, params["boundary"]), l)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, l.Text))
	switch {
	case err != nil:
		return err
	case strings.Contains(kind, "/json") || strings.Contains(kind, "+json"):
		return in.json(body)
	case kind == "application/x-www-form-urlencoded":
		return in.form(string(body))
	}
	return nil
}

// whole is how large a body with files may be.
func (l Limits) whole() int64 {
	if len(l.File) == 0 {
		return l.Text
	}
	return MaxUpload
}

func (in *Input) json(body []byte) error {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	_ = d.Decode(&v) // it is valid
	values, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	if len(values) > maxFields {
		return fmt.Errorf("%w: more than %d fields", ErrTooLarge, maxFields)
	}
	in.values = values
	return nil
}

func (in *Input) form(text string) error {
	if strings.Count(text, "&") >= maxFields {
		return fmt.Errorf("%w: more than %d fields", ErrTooLarge, maxFields)
	}
	for pair := range strings.SplitSeq(text, "&") {
		name, value, _ := strings.Cut(pair, "=")
		n, err1 := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err1 == nil && err2 == nil {
			in.add(n, v)
		}
	}
	return nil
}

// add adds a field of a form. One with brackets is an item of a list; of others that come twice the last one counts.
func (in *Input) add(name, value string) {
	if name == "" {
		return
	}
	base, _, list := strings.Cut(name, "[")
	if !list || base == "" {
		in.values[name] = value
		return
	}
	items, _ := in.values[base].([]any)
	in.values[base] = append(items, value)
}

func (in *Input) multipart(r *multipart.Reader, l Limits) error {
	left := l.Text
	for n := 0; ; n++ {
		part, err := r.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return tooLong
		}
		if err != nil {
			return nil //nolint:nilerr // a body that is cut short, or none at all: PHP takes what was there
		}
		if n >= maxFields {
			return fmt.Errorf("%w: more than %d fields", ErrTooLarge, maxFields)
		}
		if err := in.part(part, l, &left); err != nil {
			return err
		}
	}
}

// part takes one part. left is how much text may still come.
func (in *Input) part(part *multipart.Part, l Limits, left *int64) error {
	most, isFile := *left, part.FileName() != ""
	if isFile {
		most = l.File[part.FormName()]
	}
	data, err := io.ReadAll(io.LimitReader(part, most+1))
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLong
	}
	if err != nil {
		return nil //nolint:nilerr // cut short: there is no such field
	}
	large := int64(len(data)) > most
	switch {
	case !isFile && large:
		return fmt.Errorf("%w: more than %d bytes of text", ErrTooLarge, l.Text)
	case !isFile:
		*left -= int64(len(data))
		in.add(part.FormName(), string(data))
	case most > 0 && large:
		in.files[part.FormName()] = File{Name: part.FileName(), Data: data[:min(len(data), head)], Large: true}
	case most > 0:
		in.files[part.FormName()] = File{Name: part.FileName(), Data: data}
	}
	return nil
}

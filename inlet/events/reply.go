package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
)

// A refusal is what a backend did wrong, in words for its developer.
type refusal struct {
	status int
	text   string
}

// Error returns the text.
func (r *refusal) Error() string { return r.text }

// bad is the refusal of a request that cannot be understood.
func bad(text string) error { return &refusal{http.StatusBadRequest, text} }

// failure returns what is told of an error. What is not a refusal is our own failure, and no business of theirs.
func failure(err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	return &refusal{http.StatusServiceUnavailable, "The server cannot do this at the moment; try again later"}
}

// writeText answers with a line of text.
func writeText(w http.ResponseWriter, status int, text string) {
	write(w, status, "text/plain; charset=utf-8", []byte(text))
}

// writeJSON answers with a value. Raw JSON in it keeps its letters as they are.
func writeJSON(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil { // a member's data that is no JSON
		writeText(w, http.StatusInternalServerError, "The answer cannot be written as JSON")
		return
	}
	write(w, status, "application/json; charset=utf-8", bytes.TrimRight(b.Bytes(), "\n"))
}

func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // JSON or plain text, never HTML; who went away does not read it
}

package rest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// An answer is what a handler returns: one of text, messages and value.
type answer struct {
	status   int // 0: 200
	text     string
	messages []protocol.Message
	acted    bool // the messages say their action even if it is the first of all; see protocol.AppendMessages
	single   bool // it is one message, not a list
	value    any  // what package encoding/json makes of it
	links    []link
	err      *protocol.ErrorInfo // for the headers
}

// list is an answer of messages.
func list(all []protocol.Message, acted bool, links []link) *answer {
	if all == nil {
		all = []protocol.Message{}
	}
	return &answer{messages: all, acted: acted, links: links}
}

// reply writes an answer.
func (c *call) reply(w http.ResponseWriter, out *answer) {
	h := w.Header()
	allowOrigin(h, c.r)
	h.Set("Cache-Control", "no-store")
	if out.status == 0 {
		out.status = http.StatusOK
	}
	if out.text != "" {
		h.Set("Content-Type", "text/plain")
		w.WriteHeader(out.status)
		_, _ = w.Write([]byte(out.text)) // whoever asked has gone
		return
	}
	if out.err != nil {
		h.Set("X-Ably-Errorcode", strconv.Itoa(out.err.Code))
		h.Set("X-Ably-Errormessage", plain(out.err.Message))
	}
	b, err := c.encode(out)
	if err != nil {
		c.api.log.Error("an answer cannot be written", "path", c.r.URL.Path, "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if c.binary {
		h.Set("Content-Type", typeMsgpack)
	} else {
		h.Set("Content-Type", typeJSON)
	}
	status := out.status
	if c.envelope {
		status = http.StatusOK
	} else {
		for _, l := range out.links {
			h.Add("Link", l.String())
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // whoever asked has gone
}

// encode returns an answer's body.
func (c *call) encode(out *answer) (b []byte, err error) {
	if out.messages != nil && c.binary && !c.envelope {
		return alone(protocol.AppendMessages(nil, out.messages, out.acted, true), out.single, 0), nil
	}
	if out.messages != nil {
		b = alone(protocol.AppendMessages(nil, out.messages, out.acted, false), out.single, 1)
	} else if b, err = json.Marshal(out.value); err != nil {
		return nil, err
	}
	if c.envelope {
		if b, err = json.Marshal(c.enveloped(out, b)); err != nil {
			return nil, err
		}
	}
	if c.binary {
		b = protocol.FromJSON(nil, b)
	}
	return b, nil
}

// alone takes the list away around a single message: one byte before it, and tail behind it.
func alone(list []byte, single bool, tail int) []byte {
	if !single {
		return list
	}
	return list[1 : len(list)-tail]
}

// An envelope is for browsers, which don't show headers to pages.
type envelope struct {
	StatusCode int               `json:"statusCode"`
	Response   json.RawMessage   `json:"response"`
	Headers    map[string]string `json:"headers"`
}

func (c *call) enveloped(out *answer, b []byte) envelope {
	e := envelope{StatusCode: out.status, Response: b, Headers: map[string]string{}}
	var links []string
	for _, l := range out.links {
		links = append(links, l.String())
	}
	if links != nil { // clients take it apart at commas
		e.Headers["Link"] = strings.Join(links, ",")
	}
	if out.err != nil {
		e.Headers["X-Ably-Errorcode"], e.Headers["X-Ably-Errormessage"] = strconv.Itoa(out.err.Code), plain(out.err.Message)
	}
	return e
}

// fail answers with an error. It never stands in an envelope: a status that says what it is lets every client see it.
func (c *call) fail(w http.ResponseWriter, err error) {
	e := shape.InfoOf(err)
	if e.Code == shape.CodeInternal {
		c.api.log.Error("a request failed", "method", c.r.Method, "path", c.r.URL.Path, "error", err)
	}
	c.envelope = false
	c.reply(w, &answer{status: e.StatusCode, err: e, value: map[string]any{"error": e}})
}

// plain returns a text that can stand in a header.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}

package rest

import (
	"fmt"
	"net/http"
	"strings"

	"madang/dialect/ably/capability"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// publishBatch publishes to many channels. What fails in one does not touch the others.
func (a *API) publishBatch(c *call) (*answer, error) {
	if err := c.authenticate(); err != nil {
		return nil, err
	}
	b, binary, err := c.body()
	if err != nil {
		return nil, err
	}
	specs, err := protocol.DecodeBatches(b, binary)
	if err != nil {
		return nil, malformed(err)
	}
	n := 0
	for i := range specs {
		n += len(specs[i].Channels)
	}
	if err := c.many(n); err != nil {
		return nil, err
	}
	tallies := []tally{}
	var flat []published
	failures := 0
	for i := range specs {
		t := tally{}
		var results []published
		for _, name := range specs[i].Channels {
			// A copy: what is published without an id gets one, and another in each channel.
			out, err := c.publishTo(name, append([]protocol.Message{}, specs[i].Messages...))
			if err != nil {
				out = &published{Channel: name, Error: c.failure(err)}
				t.FailureCount++
			} else {
				t.SuccessCount++
			}
			results = append(results, *out)
		}
		t.Results = results
		failures += t.FailureCount
		tallies, flat = append(tallies, t), append(flat, results...)
	}
	if c.version() >= 3 || c.query.Get("newBatchResponse") == "true" {
		return &answer{status: http.StatusCreated, value: tallies}, nil
	}
	return flatBatch(flat, failures), nil
}

// many refuses to do something for no channel, or for too many.
func (c *call) many(n int) error {
	if most := c.api.cfg.MaxBatch; n < 1 || n > most {
		return shape.Info(shape.CodeBadRequest, fmt.Sprintf("The request must name from 1 to %d channels.", most))
	}
	return nil
}

// failure is the part of a batch that failed, and goes into the log if that is this server's fault.
func (c *call) failure(err error) *protocol.ErrorInfo {
	e := shape.InfoOf(err)
	if e.Code == shape.CodeInternal {
		c.api.log.Error("a part of a request failed", "path", c.r.URL.Path, "error", err)
	}
	return e
}

// flatBatch is the answer to clients before version 3: one list, and an error as a whole if anything failed.
func flatBatch(all []published, failures int) *answer {
	if failures == 0 {
		return &answer{status: http.StatusCreated, value: all}
	}
	e := shape.Info(shape.CodeBatch, "Some of the channels could not be published to; see batchResponse.")
	return &answer{status: e.StatusCode, err: e, value: map[string]any{"error": e, "batchResponse": all}}
}

// A present says who is in one of several channels.
type present struct {
	Channel  string              `json:"channel"`
	Presence *jsonMessages       `json:"presence,omitempty"`
	Error    *protocol.ErrorInfo `json:"error,omitempty"`
}

// jsonMessages are presence messages within an answer.
type jsonMessages []protocol.Message

// MarshalJSON implements json.Marshaler.
func (m jsonMessages) MarshalJSON() ([]byte, error) {
	return protocol.AppendMessages(nil, m, true, false), nil
}

// presenceBatch says who is in many channels. It succeeds whatever the parts do: clients look at them only then.
func (a *API) presenceBatch(c *call) (*answer, error) {
	if err := c.authenticate(); err != nil {
		return nil, err
	}
	names := strings.FieldsFunc(c.query.Get("channels"), func(r rune) bool { return r == ',' })
	if err := c.many(len(names)); err != nil {
		return nil, err
	}
	out := tally{}
	results := []present{}
	for _, name := range names {
		x := present{Channel: name}
		ch, err := c.named(name, capability.Subscribe)
		var there []protocol.Message
		if err == nil {
			there, err = c.membersOf(ch)
		}
		if err != nil {
			x.Error = c.failure(err)
			out.FailureCount++
		} else {
			x.Presence = (*jsonMessages)(&there)
			out.SuccessCount++
		}
		results = append(results, x)
	}
	out.Results = results
	return &answer{value: out}, nil
}

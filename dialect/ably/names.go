package ably

import (
	"strconv"
	"strings"
	"time"

	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// A channelName is a channel as a client names it.
type channelName struct {
	wire      string // all of it
	qualifier string // what stands before the channel's own name, with its brackets; usually nothing
	name      string
	params    protocol.Params // those of the qualifier
}

// parseName reads a channel's name. The error is for the client.
func parseName(wire string) (n channelName, err error) {
	var query string
	n.wire = wire
	if n.qualifier, query, n.name, err = shape.SplitName(wire); err != nil || query == "" {
		return n, err
	}
	n.params = protocol.Params{}
	for pair := range strings.SplitSeq(query, "&") {
		if k, v, ok := strings.Cut(pair, "="); ok {
			n.params[k] = v
		}
	}
	return n, nil
}

// A rewind is how far back an attachment begins.
type rewind struct {
	count int           // messages; 0: by time
	since time.Duration // how long ago; 0: by count
}

// Limits of a rewind.
const (
	maxRewindCount = 100
	maxRewindTime  = 2 * time.Minute
)

// parseRewind reads the parameter rewind: a number of messages, or of seconds or minutes as 15s and 2m.
func parseRewind(text string) (rewind, error) {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return rewind{count: min(n, maxRewindCount)}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return rewind{since: min(d, maxRewindTime)}, nil
	}
	if text == "0" {
		return rewind{}, nil
	}
	return rewind{}, shape.Info(shape.CodeBadRequest, "The parameter rewind is neither a number of messages nor a time such as 15s or 2m.")
}

// A mode is what a client may do in a channel that it is attached to.
type mode struct {
	name string // in the parameter modes
	flag int64
}

// allModes are the modes that this server knows.
func allModes() [6]mode {
	return [...]mode{
		{"presence", protocol.ModePresence}, {"publish", protocol.ModePublish}, {"subscribe", protocol.ModeSubscribe},
		{"presence_subscribe", protocol.ModePresenceSub}, {"annotation_publish", protocol.ModeAnnotate},
		{"annotation_subscribe", protocol.ModeAnnotationSub},
	}
}

// The modes of who does not name any, and all there are.
const (
	defaultModes = protocol.ModePresence | protocol.ModePublish | protocol.ModeSubscribe | protocol.ModePresenceSub | protocol.ModeAnnotate
	knownModes   = defaultModes | protocol.ModeAnnotationSub
)

// modesOf returns the modes that an ATTACH asks for.
func modesOf(flags int64, params protocol.Params) (int64, error) {
	if text, ok := params["modes"]; ok {
		modes := int64(0)
		for one := range strings.SplitSeq(strings.ToLower(text), ",") {
			known := false
			for _, m := range allModes() {
				if m.name == strings.TrimSpace(one) {
					modes, known = modes|m.flag, true
				}
			}
			if strings.HasPrefix(strings.TrimSpace(one), "object_") {
				return 0, noObjects()
			}
			if !known {
				return 0, shape.Info(shape.CodeBadRequest, "The parameter modes names a mode that there is not.")
			}
		}
		return modes, nil
	}
	if flags&(protocol.ModeObjectSub|protocol.ModeObjectPublish) != 0 {
		return 0, noObjects()
	}
	if modes := flags & knownModes; modes != 0 {
		return modes, nil
	}
	if flags>>16 != 0 { // only what is not offered
		return 0, nil
	}
	return defaultModes, nil
}

// noObjects says that there are no LiveObjects. Who wants them is not let in without: its objects would seem to be empty.
func noObjects() error {
	return shape.Info(shape.CodeModes, "LiveObjects are not offered by this server; attach without the modes object_subscribe and object_publish.")
}

// modeNames returns modes as the parameter modes has them.
func modeNames(modes int64) string {
	var names []string
	for _, m := range allModes() {
		if modes&m.flag != 0 {
			names = append(names, m.name)
		}
	}
	return strings.Join(names, ",")
}

package emitter

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Config says which of Socket.IO's ways over Redis this node goes. Begin with [Defaults].
type Config struct {
	// Enabled turns all of it on. Who may publish in that Redis can then send to, move and disconnect every Socket.IO client, and
	// learn which rooms there are.
	Enabled bool
	// URL is where Redis is, with user and password, in the forms of redis.url. Empty: redis.url, with all of the section redis. Of
	// another Redis the section's TLS counts, if redis.url is set.
	URL string `yaml:"url" secret:"url"`
	// Key is what the channels of Redis begin with: the option key of redis-adapter and redis-emitter, channelPrefix of the streams
	// adapter. Default socket.io.
	Key string
	// Namespaces are those that take part. Empty: all but those of devices.
	Namespaces []string
	// PubSub is for @socket.io/redis-emitter and @socket.io/redis-adapter. Default true.
	PubSub bool `yaml:"pubsub"`
	// Streams is for @socket.io/redis-streams-emitter and @socket.io/redis-streams-adapter, with its streamCount of 1. Default false.
	Streams bool
	// Stream is the name of the stream: the option streamName. Default socket.io.
	Stream string
	// StreamLength is how many entries the stream keeps, about, when this node adds one: the option maxLen. Default 10000.
	StreamLength int `yaml:"stream_length"`
	// Send tells the other servers what this one emits to rooms and does to their sockets, so that those with sockets of their own
	// do the same. Turn it off where others only emit. Default true.
	Send bool
	// SpecificAnswers answers each server on a channel of its own: the option publishOnSpecificResponseChannel of redis-adapter.
	// All have to be set alike. Default false.
	SpecificAnswers bool `yaml:"specific_answers"`
	// Credentials tells others with fetchSockets also what clients signed in with: the cookies and other headers, the query and the
	// auth of their handshakes. Default false: only headers that say nothing of that.
	Credentials bool
	// MaxPayload is the longest message in bytes that is taken in. Default 1 MiB.
	MaxPayload int `yaml:"max_payload"`
	// RetryMax is the longest pause between attempts to connect again. Default 2s.
	RetryMax time.Duration `yaml:"retry_max"`
}

// Defaults returns the configuration for when it is only turned on.
func Defaults() Config {
	return Config{
		Key: "socket.io", PubSub: true, Stream: "socket.io", StreamLength: 10_000, Send: true, MaxPayload: 1 << 20, RetryMax: 2 * time.Second,
	}
}

// Validate reports what cannot work. A configuration that is not enabled is valid.
func (c Config) Validate() error {
	if !c.Enabled {
		return nil
	}
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("emitter: "+format, args...)) }
	if !c.PubSub && !c.Streams {
		fail("pubsub and streams are both off, so there is nothing to listen to; turn one on, or enabled off")
	}
	for name, text := range map[string]string{"key": c.Key, "stream": c.Stream} {
		if text == "" || !utf8.ValidString(text) || strings.ContainsAny(text, "\r\n") {
			fail("%s is %q, want a text of one line", name, text)
		}
	}
	for i, n := range c.Namespaces {
		if !strings.HasPrefix(n, "/") || strings.ContainsAny(n, "#,\r\n") {
			fail("namespaces[%d] is %q, want a name such as / or /chat", i, n)
		}
	}
	if c.StreamLength < 1 {
		fail("stream_length is %d, must be at least 1", c.StreamLength)
	}
	if c.MaxPayload < 1 {
		fail("max_payload is %d, must be at least 1", c.MaxPayload)
	}
	if c.RetryMax < 10*time.Millisecond {
		fail("retry_max is %v, must be at least 10ms", c.RetryMax)
	}
	return errors.Join(errs...)
}

// broadcastPattern is for all broadcasts of a namespace, or of all of them.
func (c Config) broadcastPattern(namespace string) string {
	const special = `\*?[]^`
	var b strings.Builder
	for _, r := range c.Key + "#" + namespace {
		if strings.ContainsRune(special, r) {
			_ = b.WriteByte('\\') // into memory: cannot fail
		}
		_, _ = b.WriteRune(r)
	}
	if namespace == "" {
		return b.String() + "/*"
	}
	return b.String() + "#*"
}

// Channels of Redis.
func (c Config) publicChannel(namespace string) string  { return c.Key + "#" + namespace + "#" }
func (c Config) requestChannel(namespace string) string { return c.Key + "-request#" + namespace + "#" }
func (c Config) responseChannel(namespace string) string {
	return c.Key + "-response#" + namespace + "#"
}

// split divides a channel of broadcasts into namespace and room; room is empty if it is for several.
func (c Config) split(channel string) (namespace, room string, ok bool) {
	rest, ok := strings.CutPrefix(channel, c.Key+"#")
	if !ok {
		return "", "", false
	}
	namespace, rest, ok = strings.Cut(rest, "#")
	return namespace, strings.TrimSuffix(rest, "#"), ok
}

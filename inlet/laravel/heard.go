package laravel

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/redis/rueidis"

	"madang"
)

// mostChannels is how many channels a diagnosis tells apart.
const mostChannels = 500

// A heard is what a diagnosis knows of one Redis channel.
type heard struct {
	channel  string
	messages int
	example  string // name of an event
	prefix   string // that fits, or that seems to stand there
	name     string // without the prefix
	fits     bool   // the prefix is configured
	guessed  bool   // the prefix is not configured, but can be told
	problem  string // why it is ignored although the prefix fits, or it is not Laravel's
}

// hear notes a message, and says so when the channel is new.
func (d *diagnosis) hear(m rueidis.PubSubMessage) {
	d.messages++
	if by, _, ok := d.prefixes.cut(m.Channel); ok && m.Pattern != "*" && m.Pattern != by.pattern {
		d.messages-- // it comes once for each of the prefixes that fit
		return
	}
	h := d.channels[m.Channel]
	if h == nil {
		if len(d.channels) >= mostChannels {
			d.more++
			return
		}
		h = d.judge(m)
		d.channels[m.Channel] = h
		d.sayf("  %s\n", h)
	}
	h.messages++
}

// judge says what would become of a message.
func (d *diagnosis) judge(m rueidis.PubSubMessage) *heard {
	h := &heard{channel: m.Channel}
	p, err := parse([]byte(m.Message))
	h.example = p.event
	by, name, ok := d.prefixes.cut(m.Channel)
	h.fits, h.prefix, h.name = ok, by.text, name
	switch {
	case m.Channel == presenceChannel:
		h.problem = "laravel-echo-server, or this server, says here who is in presence channels (publish_presence)"
	case err != nil:
		h.problem = err.Error()
	case len(m.Message) > d.config.MaxPayload:
		h.problem = fmt.Sprintf("its %d bytes are more than max_payload", len(m.Message))
	case !ok:
		h.prefix, h.guessed = guessPrefix(m.Channel)
		h.name = strings.TrimPrefix(m.Channel, h.prefix)
	}
	if h.problem == "" && ok {
		if err := (madang.Channel{App: d.config.App, Name: name}).Validate(); err != nil {
			h.problem = err.Error()
		}
	}
	return h
}

// String describes the channel in a line.
func (h *heard) String() string {
	switch {
	case h.problem != "":
		return fmt.Sprintf("ignored    %s: %s", printed(h.channel), h.problem)
	case h.fits:
		return fmt.Sprintf("delivered  %s as %s: %s", printed(h.channel), printed(h.name), printed(h.example))
	case h.guessed:
		return fmt.Sprintf("ignored    %s: the prefix %q is not configured", printed(h.channel), h.prefix)
	}
	return fmt.Sprintf("ignored    %s: none of the configured prefixes stands before it", printed(h.channel))
}

// printed is a name as the report shows it: as it is if that is one plain word, and quoted otherwise. Whoever may publish in
// that Redis chooses names, and must not write to the terminal of who looks.
func printed(name string) string {
	if name = clip(name); utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return r == '"' || r == ' ' || !strconv.IsPrint(r) }) {
		return name
	}
	return strconv.Quote(name)
}

// guessPrefix tells what stands before a channel's name, by how Laravel names channels and prefixes.
func guessPrefix(channel string) (prefix string, ok bool) {
	at := len(channel)
	for _, kind := range []string{"private-", "presence-"} {
		if i := strings.Index(channel, kind); i >= 0 {
			at = min(at, i)
		}
	}
	if at < len(channel) {
		return channel[:at], true
	}
	for _, end := range []string{"_database_", "-database-"} {
		if i := strings.Index(channel, end); i >= 0 {
			return channel[:i+len(end)], true
		}
	}
	return "", false
}

// report sums up, with what to do.
func (d *diagnosis) report() {
	all := slices.SortedFunc(maps.Values(d.channels), func(a, b *heard) int { return cmp.Compare(a.channel, b.channel) })
	var delivered, foreign, odd int
	missing := map[string]int{}
	unknown := ""
	for _, h := range all {
		switch {
		case h.problem != "":
			odd += h.messages
		case h.fits:
			delivered += h.messages
		default:
			foreign += h.messages
			if h.guessed {
				missing[h.prefix] += h.messages
			} else {
				unknown = h.channel
			}
		}
	}
	d.sayf("\nHeard %s in %s: %d would be delivered, %d have another prefix, %d are no events of Laravel.\n",
		count(d.messages, "message"), count(len(all), "channel"), delivered, foreign, odd)
	if d.more > 0 {
		d.sayf("%s more came in channels that are too many to list.\n", count(d.more, "message"))
	}
	d.sayf("Configured prefixes: %s\n", quoted(d.config.Prefixes))
	d.advise(slices.Sorted(maps.Keys(missing)), missing, delivered > 0)
	if unknown != "" {
		d.sayf("\nIn front of some names is none of the prefixes, for example %s. Laravel's prefix is what\n"+
			"    php artisan tinker --execute \"echo config('database.redis.options.prefix')\"\n"+
			"prints; set laravel.prefixes to that. If it prints nothing, the prefix is empty: [\"\"].\n", printed(unknown))
	}
	if delivered+foreign == 0 {
		d.sayf("\nLaravel has broadcast nothing here. Look at its side:\n" +
			"  - config('broadcasting.default') must be redis: BROADCAST_DRIVER=redis, since Laravel 11 BROADCAST_CONNECTION=redis\n" +
			"  - is it this Redis? REDIS_HOST, REDIS_PORT; the database's number makes no difference\n" +
			"  - an event that is ShouldBroadcast needs a running queue worker; ShouldBroadcastNow does not\n")
	}
}

// advise says how to have the messages of prefixes that are not configured. Those that are stay, if they are in use.
func (d *diagnosis) advise(prefixes []string, messages map[string]int, keep bool) {
	if len(prefixes) == 0 {
		return
	}
	all := prefixes
	if keep {
		all = append(slices.Clone(d.config.Prefixes), prefixes...)
	}
	d.sayf("\nWhat is missing:\n")
	for _, p := range prefixes {
		d.sayf("  %s with the prefix %q\n", count(messages[p], "message"), p)
	}
	d.sayf("To have it delivered, set\n    laravel.prefixes: [%s]\n", quoted(all))
	if len(prefixes) == 1 {
		d.sayf("or, in laravel-echo-server.json, which can name one only,\n    databaseConfig.redis.keyPrefix: %q\n", prefixes[0])
	}
}

// quoted lists texts.
func quoted(all []string) string {
	q := make([]string, len(all))
	for i, s := range all {
		q[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(q, ", ")
}

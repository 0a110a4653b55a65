package redis

import (
	"context"
	"crypto/sha1" // it is how Redis names scripts
	_ "embed"
	"encoding/hex"
	"strings"

	"github.com/redis/rueidis"
)

//go:embed lua/stream.lua
var streamLua string

//go:embed lua/publish.lua
var publishLua string

//go:embed lua/history.lua
var historyLua string

//go:embed lua/missed.lua
var missedLua string

//go:embed lua/put.lua
var putLua string

//go:embed lua/remove.lua
var removeLua string

//go:embed lua/keep.lua
var keepLua string

//go:embed lua/sweep.lua
var sweepLua string

//go:embed lua/told.lua
var toldLua string

//go:embed lua/touch.lua
var touchLua string

//go:embed lua/probe.lua
var probeLua string

// A script is run by Redis as a whole.
type script struct{ text, sum string }

func newScript(parts ...string) script {
	text := strings.Join(parts, "\n")
	sum := sha1.Sum([]byte(text))
	return script{text, hex.EncodeToString(sum[:])}
}

type scripts struct{ publish, history, missed, put, remove, keep, sweep, told, touch, probe script }

func newScripts() scripts {
	return scripts{
		publish: newScript(streamLua, publishLua), history: newScript(streamLua, historyLua),
		missed: newScript(streamLua, missedLua), put: newScript(putLua), remove: newScript(removeLua),
		keep: newScript(streamLua, keepLua), sweep: newScript(sweepLua), told: newScript(toldLua),
		touch: newScript(touchLua), probe: newScript(probeLua),
	}
}

// A call is a script with what it works on. Its keys lie in one partition.
type call struct {
	script     script
	keys, args []string
}

// run sends calls, all at once, and returns their results in their order. A server that does not know a script yet is sent
// its text: so it is after a restart or a failover.
func (b *Broker) run(ctx context.Context, calls ...call) []rueidis.RedisResult {
	ctx, done := context.WithTimeout(ctx, b.config.Timeout)
	defer done()
	commands := make(rueidis.Commands, 0, len(calls))
	for _, c := range calls {
		commands = append(commands, b.client.B().Evalsha().Sha1(c.script.sum).Numkeys(int64(len(c.keys))).Key(c.keys...).Arg(c.args...).Build())
	}
	results := b.client.DoMulti(ctx, commands...)
	b.count.commands.Add(uint64(len(calls)))
	for i, c := range calls {
		if e, ok := rueidis.IsRedisErr(results[i].Error()); ok && e.IsNoScript() {
			b.count.commands.Add(1)
			results[i] = b.client.Do(ctx, b.client.B().Eval().Script(c.script.text).Numkeys(int64(len(c.keys))).Key(c.keys...).Arg(c.args...).Build())
		}
	}
	return results
}

// call runs one script in a partition, unless that is known not to answer.
func (p *partition) call(ctx context.Context, s script, keys []string, args ...string) (rueidis.RedisMessage, error) {
	if err := p.refuse(); err != nil {
		return rueidis.RedisMessage{}, err
	}
	m, err := p.b.run(ctx, call{s, keys, args})[0].ToMessage()
	return m, p.b.explain(ctx, err)
}

//go:build unix

package standard_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"madang/chat"
	"madang/internal/nodetest"
	"madang/internal/postgrestest"
	"madang/internal/redistest"
	"madang/server/standard"
)

// TestTwoNodes joins two servers through Redis, on one PostgreSQL: people on one talk to those on the other, real clients
// hear each other, both say that they are not ready while Redis is gone, Socket.IO's own servers and emitters meet them in
// Redis, and one is killed.
func TestTwoNodes(t *testing.T) {
	t.Parallel() // it waits for a lease to end
	redis := redistest.Start(t)
	url := postgrestest.StartFor(t).Database(t, "")
	more := fmt.Sprintf("apps: [{id: shop, keys: [{name: shop-key, secret: shop-secret}]}]\nstore: {url: '%s'}\n"+
		"redis: {url: '%s', partitions: 4, heartbeat: 100ms, retry_max: 200ms}\nmetrics: {listen: 127.0.0.1:0}\n"+
		"socketio: {namespaces: {/admin: {}}}\nemitter: {enabled: true, streams: true, key: ours, stream: ours}\n", url, redis.URL())
	var nodes []*process
	for range 2 {
		dir := t.TempDir()
		configure(t, dir, more)
		nodes = append(nodes, serve(t, dir, nil))
	}
	dir := t.TempDir()
	configure(t, dir, more)
	if status, found, errs := command(t, dir, nil, "doctor", "redis"); status != 0 || !strings.Contains(found, "in all 4 partitions") {
		t.Errorf("doctor redis: %d %s%s", status, found, errs)
	}
	ann, bob := someone(t, "ann", time.Hour), someone(t, "bob", time.Hour)
	a, b := ann.join(t, nodes[0].url), bob.join(t, nodes[1].url)
	id := room(t, nodes[0].url, ann, bob)
	say := func(n int) {
		text := fmt.Sprint("message ", n)
		a.must(t, "sendMessage", map[string]any{"room": id, "message": text, "nonce": fmt.Sprint(n)}, nil)
		hear(t, b, "message.created", func(m chat.MessageView) bool { return m.Text == text })
	}
	knock(t, a, b, id)
	say(1)

	redis.Kill()
	for _, n := range nodes {
		if said := awaitReady(t, n.url, http.StatusServiceUnavailable); !strings.Contains(said, `"redis":"failed"`) {
			t.Errorf("without Redis: %s", said)
		}
	}
	redis.Restart()
	for _, n := range nodes {
		awaitReady(t, n.url, http.StatusOK)
	}
	say(2)
	emitterClients(t, redis, nodes)

	nodes[0].ended = true // the clients kill it
	nodetest.Script(t, filepath.Join("..", "..", "account", "clients"), "nodes", time.Minute, "NODE_A="+nodes[0].url, "NODE_B="+nodes[1].url,
		fmt.Sprint("A_PID=", nodes[0].cmd.Process.Pid))
	_ = nodes[0].cmd.Wait() // it says that it was killed
}

// knock has one person say something in a room until another one hears it: nothing tells when the order to make the other one's
// connection join has reached its node.
func knock(t *testing.T, from, to *socket, room string) {
	t.Helper()
	came := func() bool {
		to.mu.Lock()
		defer to.mu.Unlock()
		return slices.ContainsFunc(to.heard, func(e event) bool { return e.name == "message.created" })
	}
	for n, end := 0, time.Now().Add(patience); !came(); n++ {
		if time.Now().After(end) {
			t.Fatal("what is said on one node is not heard on the other")
		}
		word := fmt.Sprint("knock ", n)
		from.must(t, "sendMessage", map[string]any{"room": room, "message": word, "nonce": word}, nil)
		time.Sleep(100 * time.Millisecond)
	}
}

// emitterClients runs real Socket.IO servers and emitters against two nodes, and against a server with code of its own. What is
// tested stands in inlet/emitter/clients.
func emitterClients(t *testing.T, redis *redistest.Server, nodes []*process) {
	t.Helper()
	nodetest.Run(t, filepath.Join("..", "..", "inlet", "emitter", "clients"), 2*time.Minute, "REDIS_URL="+redis.URL(), "KEY=ours",
		"NODE_A="+nodes[0].url, "NODE_B="+nodes[1].url, "ALONE="+standard.EmitterOn(t, redis, "ours"))
}

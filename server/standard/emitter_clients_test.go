//go:build unix

package standard_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"madang/internal/nodetest"
	"madang/internal/postgrestest"
	"madang/internal/redistest"
	"madang/server/standard"
)

// TestEmitterClients runs real Socket.IO servers and emitters against two of our nodes, and against a server with code of its own.
// What is tested stands in inlet/emitter/clients.
func TestEmitterClients(t *testing.T) {
	t.Parallel() // it is a process that waits for others
	const key = "ours"
	redis := redistest.Start(t)
	more := fmt.Sprintf("store: {url: '%s'}\nredis: {url: '%s', partitions: 4}\nsocketio: {namespaces: {/admin: {}}}\n"+
		"emitter: {enabled: true, streams: true, key: %s, stream: %s}\n", postgrestest.StartFor(t).Database(t, ""), redis.URL(), key, key)
	var urls []string
	for range 2 {
		dir := t.TempDir()
		configure(t, dir, more)
		urls = append(urls, serve(t, dir, nil).url)
	}
	nodetest.Run(t, filepath.Join("..", "..", "inlet", "emitter", "clients"), 2*time.Minute, "REDIS_URL="+redis.URL(), "KEY="+key,
		"NODE_A="+urls[0], "NODE_B="+urls[1], "ALONE="+standard.EmitterOn(t, redis, key))
}

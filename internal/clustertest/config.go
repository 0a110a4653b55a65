package clustertest

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Shape is how Redis is set up.
type Shape int

// The shapes of Redis.
const (
	Standalone Shape = iota // one server
	Sentinel                // a master and two replicas, watched over by three Sentinels
)

// What the nodes are configured with.
const (
	Secret    = "a-secret-of-the-tests-long-enough-for-HS256" // of auth.jwt
	App       = "shop"                                        // the only app
	Key       = "shop-key"                                    // its key, and
	KeySecret = "shop-secret"                                 // the key's secret
)

// startTime is how long anything may take to start: the machine may be busy.
const startTime = 60 * time.Second

// A Config says what is started.
type Config struct {
	Nodes  int      // 0: 2
	Redis  Shape    // of Redis
	Binary string   // the program; empty: Build builds it
	Env    []string // settings of all nodes that come before those of the kit: MADANG_DRAIN_SPREAD=2s
	Logs   string   // a folder for the nodes' logs, node1.log and so on; empty: one that is removed
}

// configuration is the file of a node. The drain is short, and a dead node is missed after seconds.
func configuration(n *Node, store, redis string) string {
	return fmt.Sprintf(`auth: {jwt: {secret: %s, leeway: 0s}}
apps: [{id: %s, keys: [{name: %s, secret: %s}]}]
trusted_proxies: [127.0.0.1/32]
data_dir: %s
store: {url: '%s'}
redis: {url: '%s', partitions: 4, heartbeat: 500ms, retry_max: 500ms}
metrics: {listen: %s}
drain: {grace: 2s, spread: 2s, timeout: 20s}
`, Secret, App, Key, KeySecret, n.dir, store, redis, strings.TrimPrefix(n.Metrics, "http://"))
}

// environment is what a node gets: the settings, and nothing else that is set here.
func (c Config) environment() []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, c.Env...)
}

// logFile returns where a node's log goes.
func (c Config) logFile(n *Node) string {
	return filepath.Join(cmp.Or(c.Logs, n.dir), n.Name+".log")
}

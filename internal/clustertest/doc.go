// Package clustertest starts a whole cluster on 127.0.0.1, of real components: nodes that are processes of the real program,
// Redis (alone, or a master with replicas under Sentinels), PostgreSQL, a proxy between each node and each of these
// that makes them slow or cuts them off (Toxiproxy, as a library), and haproxy in front, which deals connections and requests
// in turn and remembers nobody.
//
//	c := clustertest.Start(t, clustertest.Config{Nodes: 3, Redis: clustertest.Sentinel})
//	connect(c.URL)             // through haproxy
//	c.Nodes[0].Kill()          // SIGKILL
//	c.Nodes[0].Restart()       // on the same address
//	c.Nodes[1].Redis.Cut()     // and only that node's
//	c.Redis.FailOver()
//
// Everything ends with the test, or with [Program], which lets a program do the same. Of a failed test the ends of the nodes'
// logs are shown. Missing programs are named with what installs them.
package clustertest

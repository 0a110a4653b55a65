// Command nats is NATS' own server with its WebSocket listener, as one node of a cluster. It is a module of its own, for
// only the benchmark needs it.
//
//	nats -cluster 127.0.0.1:6000 -routes nats://127.0.0.1:6001,nats://127.0.0.1:6002
//
// It prints "ready PORT PID" when it listens and as many other servers as there are routes are connected.
package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const startLimit = 15 * time.Second

func main() {
	cluster := flag.String("cluster", "", "`address` where the other servers of the cluster connect; empty: there are none")
	routes := flag.String("routes", "", "`URLs` of the others, with commas between")
	await := flag.Int("await", 0, "`servers` to wait for before this one is ready")
	flag.Parse()
	if err := run(*cluster, *routes, *await); err != nil {
		fmt.Fprintln(os.Stderr, "nats:", err)
		os.Exit(1)
	}
}

func run(cluster, routes string, await int) error {
	o := &server.Options{
		ServerName: "bench-" + strconv.Itoa(os.Getpid()), Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		Websocket: server.WebsocketOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoTLS: true},
	}
	if cluster != "" {
		host, port, err := net.SplitHostPort(cluster)
		if err != nil {
			return fmt.Errorf("-cluster: %w", err)
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			return fmt.Errorf("-cluster: %w", err)
		}
		o.Cluster = server.ClusterOpts{Name: "bench", Host: host, Port: n}
		o.Routes = server.RoutesFromStr(routes)
	}
	s, err := server.NewServer(o)
	if err != nil {
		return err
	}
	s.Start()
	defer s.Shutdown()
	if !s.ReadyForConnections(startLimit) {
		return errors.New("it does not listen")
	}
	for end := time.Now().Add(startLimit); s.NumRemotes() < await; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("%d of %d other servers came", s.NumRemotes(), await)
		}
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(s.WebsocketURL(), "ws://"), ":")
	fmt.Println("ready", port, os.Getpid())
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	<-stop
	return nil
}

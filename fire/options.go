package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// options are what is asked for.
type options struct {
	clients   int
	last      time.Duration // of the faults
	rate      int           // messages a second, of all clients together
	seed      uint64
	nodes     int
	processes int    // of Node.js
	polling   bool   // some clients have no WebSocket
	out       string // a file for the table
	rolling   bool
	soak      time.Duration
	keep      string        // a folder that keeps logs
	pause     time.Duration // between faults, about
	spread    time.Duration // over which a node that stops sends its clients away
	faults    []string      // which, in this order; empty: all, in an order of the seed's, until the time is over
	binary    string        // of the server; empty: it is built
}

// parse reads the command line.
func parse(args []string) (options, error) {
	var o options
	var faults string
	f := flag.NewFlagSet("fire", flag.ContinueOnError)
	f.IntVar(&o.clients, "clients", 1000, "how many clients")
	f.DurationVar(&o.last, "for", 3*time.Minute, "how long there are faults")
	f.IntVar(&o.rate, "rate", 60, "messages a second, of all clients together")
	f.Uint64Var(&o.seed, "seed", 0, "the seed of the faults; 0: a new one, which is printed")
	f.IntVar(&o.nodes, "nodes", 3, "how many nodes")
	f.IntVar(&o.processes, "processes", 4, "how many processes the clients run in")
	f.BoolVar(&o.polling, "polling", true, "let some clients of Socket.IO and Ably use HTTP requests alone, and the others of Socket.IO begin with them, as they do by themselves")
	f.StringVar(&o.out, "out", "", "a file with the marks of the table, which is put between them")
	f.BoolVar(&o.rolling, "rolling", false, "replace all nodes, one after another, and do nothing else to them")
	f.DurationVar(&o.soak, "soak", 0, "steady traffic for so long, instead of faults")
	f.StringVar(&o.keep, "keep", "", "a folder in which the logs of nodes and clients stay")
	f.DurationVar(&o.pause, "pause", 6*time.Second, "about how long it is quiet after each fault")
	f.DurationVar(&o.spread, "spread", 5*time.Second, "over which time a node that stops sends its clients away")
	f.StringVar(&faults, "faults", "", "only these, in this order, separated by commas: "+strings.Join(kinds(), ", "))
	f.StringVar(&o.binary, "binary", "", "the server's program; built if empty")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if o.clients < 3*roomSize || o.nodes < 2 || o.processes < 1 || o.rate < 1 {
		return o, fmt.Errorf("it takes %d clients, 2 nodes, a process and a message a second at least", 3*roomSize)
	}
	if faults != "" {
		o.faults = strings.Split(faults, ",")
	}
	for o.seed == 0 {
		o.seed = rand.Uint64N(1_000_000)
	}
	return o, nil
}

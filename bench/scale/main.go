package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(2)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	l, m := load{name: "as asked"}, machine{}
	var memory float64
	fs := flag.NewFlagSet("scale", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Float64Var(&l.connections, "connections", 0, "`connections` at a time; 0: the examples of docs/scale.md")
	fs.Float64Var(&l.publishes, "publishes", 0, "`messages` a second, of all together")
	fs.Float64Var(&l.audience, "audience", 10, "`connections` that each message goes to")
	fs.Float64Var(&l.gathered, "gathered", 0, "`share` of deliveries that leave together with others, 0 to 1")
	fs.Float64Var(&l.presence, "presence", 1, "`share` of connections in a presence channel, 0 to 1")
	fs.Float64Var(&m.cores, "cores", 4, "`cores` of a node")
	fs.Float64Var(&memory, "memory", 8, "`GiB` of a node")
	fs.Float64Var(&m.use, "use", 0.6, "`share` of a node that may be used, 0 to 1")
	if err := fs.Parse(args); err != nil {
		return err
	}
	m.memory = memory * (1 << 30)
	if fs.NArg() > 0 || l.connections < 0 || l.publishes < 0 || l.audience < 0 || outside(l.gathered) || outside(l.presence) ||
		m.cores <= 0 || memory <= 0 || m.use <= 0 || outside(m.use) {
		return errors.New("counts must not be negative, and shares are from 0 to 1")
	}
	loads := []load{l}
	if l.connections == 0 {
		loads = examples()
	}
	write(stdout, loads, m)
	return nil
}

func outside(share float64) bool { return share < 0 || share > 1 }

// examples are the loads of docs/scale.md.
func examples() []load {
	const million = 1_000_000
	return []load{
		{name: "at rest", connections: million, presence: 1},
		{name: "10,000 messages a second in rooms of 10", connections: million, publishes: 10_000, audience: 10, presence: 1},
		{name: "100,000 messages a second in rooms of 10", connections: million, publishes: 100_000, audience: 10, presence: 1},
		{name: "1,000 messages a second to 1,000 each", connections: million, publishes: 1000, audience: 1000, presence: 1},
		{name: "one message a second to all", connections: million, publishes: 1, audience: million},
		{name: "100 messages a second to all, gathered", connections: million, publishes: 100, audience: million, gathered: 1},
	}
}

// write writes a table in Markdown.
func write(w io.Writer, loads []load, m machine) {
	c := measured()
	fmt.Fprintf(w, "Nodes of %g cores and %g GiB, used up to %.0f %%, one of them to spare.\n\n", m.cores, m.memory/(1<<30), 100*m.use)
	fmt.Fprint(w, "| load | nodes | cores in all | GiB of each process | GiB of each kernel | nodes a message goes to | Redis cores | Redis MiB of presence | s until a lost node's clients are back |\n"+
		"|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	const gib, mib = 1 << 30, 1 << 20
	for _, l := range loads {
		x := c.needs(l, m)
		fmt.Fprintf(w, "| %s | %.0f | %.1f | %.1f | %.1f | %.1f | %.2f | %.0f | %.1f |\n",
			l.name, x.nodes, x.cores, x.process/gib, x.kernel/gib, x.reached, x.redis, x.entries/mib, x.reconnect)
	}
}

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"madang/internal/clustertest"
)

func main() {
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = run(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fire:", err)
		os.Exit(1)
	}
}

// run does what is asked for, prints the table and puts it where it is wanted.
func run(o options) error {
	if o.keep != "" {
		if err := os.MkdirAll(o.keep, 0o755); err != nil { //nolint:gosec // logs
			return err
		}
	}
	return clustertest.Program(os.Stderr, func(t clustertest.T) {
		p := newProgress(os.Stderr, o.last+o.soak+90*time.Second)
		defer p.end()
		p.say("seed %d", o.seed)
		name, table := fight(prepare(t, o, p))
		fmt.Println(table)
		if o.out == "" {
			return
		}
		if err := put(o.out, name, table); err != nil {
			t.Fatal(err)
		}
	})
}

// fight does what is asked for, and returns the table and its name.
func fight(b *battle) (name, table string) {
	switch {
	case b.o.soak > 0:
		s := b.soak()
		v := b.finish(time.Now().UnixMilli())
		table = s.table() + "\n" + b.table(v)
		b.fail(v)
		return "soak", table
	case b.o.rolling:
		v := b.finish(b.roll())
		b.smooth(v)
		table = b.table(v)
		b.fail(v)
		return "rolling", table
	}
	v := b.finish(b.burn())
	table = b.table(v)
	b.fail(v)
	return "fire", table
}

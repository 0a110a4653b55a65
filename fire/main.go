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
		p := newProgress(os.Stderr, o.last+90*time.Second)
		defer p.end()
		p.say("seed %d", o.seed)
		b := prepare(t, o, p)
		v := b.finish(b.burn())
		table := b.table(v)
		b.fail(v)
		fmt.Println(table)
		if o.out != "" {
			if err := put(o.out, "fire", table); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Command gotest runs go test and says what failed so that it can be read: the names of all failed tests, then what they and nobody
// else printed. It is called as go test is, -json and -v apart; flags have their values behind a =, everything else is a
// package:
//
//	go run ./ci/gotest -race -count=1 ./...
//
// When at most four tests failed, and none by a race, a panic or the compiler, these are run once more, alone. If they pass
// then, they are flaky: the run counts as passed, and the report says which they were. A file named in FAILURES gets the
// report, too; it stays empty if there is nothing to tell.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	// Who ends the run because it takes too long ends go test with it, and is told here how far that came.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM)
	os.Exit(run(os.Args[1:]))
}

// run returns the status to exit with.
func run(args []string) (status int) {
	var flags, packages []string
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") {
			flags = append(flags, arg)
		} else {
			packages = append(packages, arg)
		}
	}
	first := newRecord(os.Stdout)
	err := goTest(first, flags, packages)
	report := first.report("FAILED")
	if again := first.again(); err != nil && again != nil {
		first.mark("flaky| ")
		if err = allPass(flags, again); err == nil {
			report = first.report("FLAKY (failed once, passed when run again)")
		} else {
			first.mark("")
		}
	}
	first.flush()
	if err != nil && report == "" {
		report = err.Error() + "\n"
	}
	fmt.Print("\n", report)
	if file := os.Getenv("FAILURES"); file != "" {
		if e := os.WriteFile(file, []byte(report), 0o644); e != nil { //nolint:gosec // whoever runs the tests names it
			err = e
		}
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// allPass runs the tests of each package once more, and ends with the first failure.
func allPass(flags []string, tests map[string][]string) error {
	for pkg, names := range tests {
		fmt.Printf("once more: %s %s\n", pkg, strings.Join(names, " "))
		second := newRecord(os.Stdout)
		only := slices.Concat(flags, []string{"-count=1", "-run=^(" + strings.Join(names, "|") + ")$"})
		err := goTest(second, only, []string{pkg})
		second.mark("once more| ") // what it counts has been counted
		second.flush()
		if err != nil {
			return fmt.Errorf("once more, %s: %w", pkg, err)
		}
	}
	return nil
}

// goTest runs go test, and has r take down what it says.
func goTest(r *record, flags, packages []string) error {
	cmd := exec.Command("go", slices.Concat([]string{"test", "-json"}, flags, packages)...) //nolint:noctx,gosec // has a -timeout
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := r.read(out); err != nil {
		return err
	}
	return cmd.Wait()
}

// read takes events down until there are no more. Lines that are none are handed on.
func (r *record) read(from io.Reader) error {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		switch {
		case len(line) == 0:
		case json.Unmarshal(line, &e) == nil:
			r.take(e)
		default:
			r.take(event{Action: "build-output", Output: string(line)})
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

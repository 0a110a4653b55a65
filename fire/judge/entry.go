package judge

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A Kind is what an Entry says.
type Kind byte

// The kinds of entries; Entry.ID is a message's where there is one.
const (
	Sends    Kind = 'S' // begins to send a message; Rest "event": nobody will answer
	Acked    Kind = 'A' // the message was acknowledged; Rest: its number, in chat
	Refused  Kind = 'R' // not acknowledged, or not yet; Rest: why
	Hears    Kind = 'H' // Rest: its number, in chat
	Finds    Kind = 'Y' // found it in the history; Rest: its number
	Up       Kind = 'U' // is connected and hears
	Down     Kind = 'D' // is not any more; Rest: why
	Told     Kind = 'G' // that something may be missing
	Errs     Kind = 'E' // the library reports an error; Rest: which
	Presence Kind = 'P' // ID: who is there in the end, sorted
)

// An Entry is one thing that has happened to a client.
type Entry struct {
	At     int64 // Unix time in ms
	Kind   Kind
	Client string
	ID     string
	Rest   string
}

// Read hands the entries of a log to take.
func Read(r io.Reader, take func(Entry)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		f := strings.Split(lines.Text(), "\t")
		if len(f) != 5 || len(f[1]) != 1 {
			return fmt.Errorf("line %d: %q has not the five fields of an entry", n, lines.Text())
		}
		at, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil {
			return fmt.Errorf("line %d: time: %w", n, err)
		}
		take(Entry{At: at, Kind: Kind(f[1][0]), Client: f[2], ID: f[3], Rest: f[4]})
	}
	return lines.Err()
}

//go:build interop

// These tests want Node and the packages of testdata/node:
//
//	npm ci --prefix internal/ws/testdata/node && go test -tags interop ./internal/ws

package ws_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"madang/internal/ws"
)

// The client of the npm package ws, as applications use it.
func TestRealClient(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "node", "testdata/node/client.js", "ws://"+serveEcho(t)).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

// The Receiver of the npm package ws and the Parser make the same of all conformance cases and of thousands of
// sequences of frames that are mostly right.
func TestSameAsReceiver(t *testing.T) {
	type input struct {
		Bytes   []byte `json:"bytes"`
		Deflate bool   `json:"deflate"`
	}
	var inputs []input
	for _, c := range conformanceCases() {
		if len(c.bytes) < 1<<16 && c.max == 0 {
			inputs = append(inputs, input{c.bytes, c.deflate})
		}
	}
	rnd := rand.New(rand.NewPCG(7, 11))
	for range 5000 {
		deflate := rnd.IntN(2) == 0
		inputs = append(inputs, input{mostlyRight(rnd, deflate), deflate})
	}
	var stdin bytes.Buffer
	enc := json.NewEncoder(&stdin)
	for _, in := range inputs {
		if err := enc.Encode(in); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "node", "testdata/node/receiver.js")
	cmd.Stdin, cmd.Stderr = &stdin, os.Stderr
	stdout, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(stdout))
	failed, earlier := 0, 0
	for _, in := range inputs {
		var theirs struct {
			Messages []string `json:"messages"`
			Code     int      `json:"code"`
		}
		if err := dec.Decode(&theirs); err != nil {
			t.Fatal(err)
		}
		ours := feed(t, &ws.Parser{MaxMessage: 1 << 16, Deflate: in.Deflate}, in.Bytes)
		for i, m := range ours.messages {
			op, payload, _ := strings.Cut(m, ":")
			ours.messages[i] = op + ":" + hex.EncodeToString([]byte(payload))
		}
		if ours.code == 1007 && len(theirs.Messages) >= len(ours.messages) {
			// The Parser fails at the first byte that cannot be UTF-8, the Receiver at the end of the message, unless
			// something else happens before: a control frame, another error, or the end of what was sent.
			theirs.Messages = theirs.Messages[:len(ours.messages)]
			if theirs.Code != ours.code {
				earlier++
				theirs.Code = ours.code
			}
		}
		if ours.code == 1002 && theirs.Code == 1009 && bytes.HasPrefix(in.Bytes, []byte{0x82, 0xFF, 0x80}) {
			continue // a length of 2⁶³ and more is not only too big, it breaks a rule
		}
		if ours.code != theirs.Code || !slices.Equal(ours.messages, theirs.Messages) {
			t.Errorf("%x (deflate %v):\n  ours:   %v\n  theirs: %v", in.Bytes[:min(len(in.Bytes), 200)], in.Deflate, ours, outcome{theirs.Messages, theirs.Code})
		}
		if ours.code != 0 {
			failed++
		}
	}
	t.Logf("%d inputs, of which %d end in an error, %d of them earlier than the Receiver's", len(inputs), failed, earlier)
	if earlier > failed/10 {
		t.Errorf("more than bytes that are not UTF-8 can explain")
	}
}

// mostlyRight is a few frames in which here and there something is wrong.
func mostlyRight(rnd *rand.Rand, deflate bool) (b []byte) {
	oneIn := func(n int) bool { return rnd.IntN(n) == 0 }
	inMessage := false
	for range 1 + rnd.IntN(6) {
		payload := pattern(rnd.IntN(200))
		f := frame{payload: payload, more: oneIn(3)}
		switch {
		case oneIn(5):
			f = []frame{ping("p"), pong(""), closing(closeBody(1000+rnd.IntN(20), "bye"))}[rnd.IntN(3)]
		case inMessage != oneIn(20):
			f.op, inMessage = ws.Continuation, f.more
		default:
			f.op, inMessage = ws.OpCode(1+rnd.IntN(2)), f.more
			if deflate && !f.more && oneIn(2) {
				f = compressed(f)
				f.payload = deflated(payload, rnd.IntN(10))
			}
		}
		switch {
		case oneIn(40):
			f.rsv ^= byte(1 + rnd.IntN(7))
		case oneIn(40):
			f.op = ws.OpCode(rnd.IntN(16))
		case oneIn(60):
			f.bare = true
		case oneIn(20) && len(f.payload) > 0:
			f.payload = bytes.Clone(f.payload)
			f.payload[rnd.IntN(len(f.payload))] ^= byte(1 << rnd.IntN(8))
		}
		b = append(b, f.bytes()...)
	}
	if oneIn(5) {
		b = b[:rnd.IntN(len(b))]
	}
	return b
}

package clients

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ably/ably-go/ably"
)

const (
	rootKey   = "main.root:main-secret"
	readerKey = "main.reader:reader-secret" // may do much in "both", and read in what begins with "open:"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// A form is how a client writes messages.
type form struct{ binary bool }

// forms runs a test with clients that write JSON and with ones that write MessagePack.
func forms(t *testing.T, test func(*testing.T, form)) {
	for name, f := range map[string]form{"JSON": {false}, "MessagePack": {true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, f)
		})
	}
}

// port returns the port that a variable of the environment names.
func port(t *testing.T, variable string) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv(variable))
	if err != nil {
		t.Fatalf("%s must be the port of a server: go test -run TestGo ./dialect/ably starts one", variable)
	}
	return n
}

// options are those of a client of the server at a port; nothing but what says where the server is differs from Ably's own.
func (f form) options(port int, more ...ably.ClientOption) []ably.ClientOption {
	return append([]ably.ClientOption{
		ably.WithEndpoint("127.0.0.1"), ably.WithPort(port), ably.WithTLS(false), ably.WithInsecureAllowBasicAuthWithoutTLS(),
		ably.WithUseBinaryProtocol(f.binary), ably.WithDisconnectedRetryTimeout(100 * time.Millisecond),
		ably.WithSuspendedRetryTimeout(100 * time.Millisecond), ably.WithLogLevel(ably.LogNone),
	}, more...)
}

// keyed adds the key of all rights, for clients that are not given another way in.
func keyed(more []ably.ClientOption) []ably.ClientOption {
	if len(more) == 0 {
		return []ably.ClientOption{ably.WithKey(rootKey)}
	}
	return more
}

// rest returns a client without a connection.
func (f form) rest(t *testing.T, more ...ably.ClientOption) *ably.REST {
	t.Helper()
	c, err := ably.NewREST(f.options(port(t, "PORT"), keyed(more)...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// connect returns a connected client of the server at a port, which is closed with the test.
func (f form) connect(t *testing.T, port int, more ...ably.ClientOption) *ably.Realtime {
	t.Helper()
	c := f.start(t, port, more...)
	reaches(t, c, ably.ConnectionStateConnected)
	return c
}

// start is connect without waiting.
func (f form) start(t *testing.T, port int, more ...ably.ClientOption) *ably.Realtime {
	t.Helper()
	c, err := ably.NewRealtime(f.options(port, append(keyed(more), ably.WithAutoConnect(false))...)...)
	if err != nil {
		t.Fatal(err)
	}
	c.Connect()
	t.Cleanup(c.Close)
	return c
}

// reaches waits until a client's connection is in a state.
func reaches(t *testing.T, c *ably.Realtime, want ably.ConnectionState) {
	t.Helper()
	eventually(t, fmt.Sprintf("the connection is %v", want), func() bool { return c.Connection.State() == want })
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// within returns a context for one request.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, done := context.WithTimeout(t.Context(), patience)
	t.Cleanup(done)
	return ctx
}

// fresh returns the name of a channel that nobody else uses.
func fresh() string { return fmt.Sprintf("go-%d-%d", os.Getpid(), names.Add(1)) }

var names atomic.Int64

// An inbox collects what a client hears.
type inbox[T any] struct {
	mu  sync.Mutex
	all []T
}

func (b *inbox[T]) add(x T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, x)
}

// wait waits until there are n things, and returns them all.
func (b *inbox[T]) wait(t *testing.T, n int) []T {
	t.Helper()
	var all []T
	eventually(t, fmt.Sprintf("%d of %T", n, all), func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		all = append([]T(nil), b.all...)
		return len(all) >= n
	})
	return all
}

// hears attaches a client to a channel and collects its messages.
func hears(t *testing.T, ch *ably.RealtimeChannel) *inbox[*ably.Message] {
	t.Helper()
	b := new(inbox[*ably.Message])
	must(t, ch.Attach(within(t)))
	_, err := ch.SubscribeAll(within(t), b.add)
	must(t, err)
	return b
}

// datas returns the data of messages.
func datas(all []*ably.Message) (out []any) {
	for _, m := range all {
		out = append(out, value(m))
	}
	return out
}

// value returns a message's data as it was published, bytes as a string: MessagePack's come as one. The library leaves data
// encoded that came over a connection.
func value(m *ably.Message) any {
	data := m.Data
	if b, ok := data.([]byte); ok {
		data = string(b)
	}
	for _, encoding := range slices.Backward(strings.Split(m.Encoding, "/")) {
		switch encoding {
		case "":
		case "base64":
			b, err := base64.StdEncoding.DecodeString(fmt.Sprint(data))
			if err != nil {
				return err
			}
			data = string(b)
		case "json":
			var v any
			if err := json.Unmarshal(fmt.Append(nil, data), &v); err != nil {
				return err
			}
			data = v
		default:
			return fmt.Errorf("the encoding %q was never used", m.Encoding)
		}
	}
	return data
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: %v, not %v", what, got, want)
	}
}

// refused checks that something failed with one of Ably's codes.
func refused(t *testing.T, err error, code int) {
	t.Helper()
	var info *ably.ErrorInfo
	if !errors.As(err, &info) || int(info.Code) != code {
		t.Fatalf("%v, not an error with the code %d", err, code)
	}
}

package socketio_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"madang/internal/haproxytest"
	"madang/internal/nodetest"
	"madang/internal/redistest"
)

// operations is where haproxy's configuration stands that users copy. It is the one that is tested.
const operations = "../../docs/operations.md"

// TestRoundRobin drives two fixtures that one Redis joins with the real clients, through a haproxy that deals requests in turn
// and remembers nobody: every other request of a polling session reaches the wrong node. HAPROXY=full in the environment
// adds the clients that go from polling to WebSocket and the raw requests, and does all of it once with connections that
// are kept and once with one for each request.
func TestRoundRobin(t *testing.T) {
	modes := []mode{{"kept connections", "http-keep-alive"}}
	script, carriers := "matrix", "polling"
	if os.Getenv("HAPROXY") == "full" {
		modes = append(modes, mode{"a connection for each request", "httpclose"})
		script, carriers = "test", "polling,upgrade"
	}
	nodetest.Install(t, "clients")
	t.Parallel() // with TestClients: both wait most of the time
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			address := balance(t, m)
			said := nodetest.Script(t, "clients", script, 8*time.Minute, "BASE_URL=http://"+address, "CARRIERS="+carriers)
			t.Log(strings.Join(regexp.MustCompile(`(?m)^(# |ℹ )(tests|pass|fail) \d+$`).FindAllString(said, -1), ", "))
		})
	}
}

// A mode is what haproxy does with connections between requests, and the option that says so.
type mode struct{ name, option string }

// balance starts Redis, two fixtures and haproxy, and returns haproxy's address.
func balance(t *testing.T, m mode) string {
	t.Helper()
	redis := redistest.Start(t)
	address := haproxytest.Address(t)
	text, err := os.ReadFile(operations)
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```haproxy\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatalf("%s has no configuration for haproxy any more", operations)
	}
	configuration := string(block[1])
	for what, by := range map[string]string{
		"mode http\n":   "mode http\n    option " + m.option + "\n",
		"bind :80\n":    "bind " + address + "\n",
		"10.0.0.1:8080": "127.0.0.1:" + nodetest.Fixture(t, "fixture", "-profile", "matrix", "-redis", redis.URL())[0],
		"10.0.0.2:8080": "127.0.0.1:" + nodetest.Fixture(t, "fixture", "-profile", "matrix", "-redis", redis.URL())[0],
	} {
		if !strings.Contains(configuration, what) {
			t.Fatalf("haproxy's configuration in %s says %q no more", operations, what)
		}
		configuration = strings.ReplaceAll(configuration, what, by)
	}
	haproxytest.Start(t, configuration, address)
	return address
}

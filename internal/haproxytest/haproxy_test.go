package haproxytest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"madang/internal/haproxytest"
)

const configuration = `defaults
	mode http
	timeout connect 5s
	timeout client 5s
	timeout server 5s
frontend clients
	bind %s
	default_backend nodes
backend nodes
	server one %s
`

func TestRequestsGoThrough(t *testing.T) {
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "here") }))
	defer node.Close()
	address := haproxytest.Address(t)
	haproxytest.Start(t, fmt.Sprintf(configuration, address, node.Listener.Addr()), address)
	answer, err := http.Get("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || string(text) != "here" {
		t.Errorf("%q, %v", text, err)
	}
}

// A refusal is the T of a test that must fail.
type refusal struct {
	*testing.T
	said string
}

func (r *refusal) Fatalf(format string, args ...any) {
	r.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestARefusedConfigurationIsTold(t *testing.T) {
	r := &refusal{T: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		haproxytest.Start(r, "defaults\n\tnonsense\n", haproxytest.Address(t))
	}()
	<-done
	if !strings.Contains(r.said, "nonsense") {
		t.Errorf("the failure is %q", r.said)
	}
}

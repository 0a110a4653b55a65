// Package madangtest has the suites that parts of Madang must pass, whoever wrote them: [TestBroker], [TestPresence] and
// [TestDialect] check the contracts written beside the interfaces of package madang. [NewCluster] joins several hubs in
// one process, and [Play] plays conversations between clients and a server from files.
//
// A part calls its suite from a test of its own:
//
//	func TestContract(t *testing.T) {
//		madangtest.TestBroker(t, func(t *testing.T) func() madang.Broker {
//			m := madang.NewMemory()
//			return m.Broker
//		})
//	}
package madangtest

import (
	"testing"
	"time"
)

// patience is how long a suite waits for what must come: parts may live on another machine.
const patience = 20 * time.Second

// eventually waits until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

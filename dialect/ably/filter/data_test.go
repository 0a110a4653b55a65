package filter_test

import (
	"fmt"
	"sync"
	"testing"

	"madang/dialect/ably/filter"
	"madang/dialect/ably/protocol"
)

func about(text string) *protocol.Message {
	return &protocol.Message{Data: protocol.Data{Kind: protocol.Value, Bytes: []byte(text)}}
}

// TestSharedReader looks at many messages with filters that read each once.
func TestSharedReader(t *testing.T) {
	var r filter.Reader
	var filters []*filter.Filter
	for i := range 10 {
		f, err := r.New(fmt.Sprintf("data.n == `%d`", i))
		if err != nil {
			t.Fatal(err)
		}
		filters = append(filters, f)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 200 {
				m := about(fmt.Sprintf(`{"n":%d}`, i%10))
				for j, f := range filters {
					if f.Match(m) != (i%10 == j) {
						t.Errorf("%s matches %d: %v", m.Data.Bytes, j, i%10 != j)
					}
				}
			}
		})
	}
	all.Wait()

	m := about(`{"n":1}`)
	if !filters[1].Match(m) {
		t.Error("1 is not 1")
	}
	copy(m.Data.Bytes, `{"n":2}`) // nobody does so; here it shows that it is not read again
	if filters[2].Match(m) {
		t.Error("the same data were read twice")
	}
	if filters[0].Match(about("")) || filters[0].Match(about("{")) {
		t.Error("what cannot be read is 0")
	}
}

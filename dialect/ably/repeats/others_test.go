package repeats_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"madang/dialect/ably/repeats"
	"madang/shared"
)

// What one node has published, or is publishing, others do not publish.
func TestNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := shared.NewMemory(time.Now)
		nodes := []*repeats.Recent{repeats.New(all), repeats.New(all), repeats.New(all)}
		var n publishes
		answers := make(chan []string, 9)
		for i := range 9 {
			go func() {
				serials, err := nodes[i%3].Once("key", time.Now, func() ([]string, error) {
					time.Sleep(time.Second) // of the bubble: nobody is done before all have asked
					_, _ = n.publish()
					return []string{"1:0", "1:1"}, nil
				})
				if err != nil {
					t.Error(err)
				}
				answers <- serials
			}()
		}
		for range 9 {
			if got := <-answers; !slices.Equal(got, []string{"1:0", "1:1"}) {
				t.Errorf("answered %v", got)
			}
		}
		if n != 1 {
			t.Errorf("published %d times", n)
		}
		late := repeats.New(all)
		if got, err := late.Once("key", time.Now, n.publish); err != nil || !slices.Equal(got, []string{"1:0", "1:1"}) {
			t.Errorf("later, on another: %v, %v", got, err)
		}
		time.Sleep(3 * time.Minute)
		if got, err := late.Once("key", time.Now, n.publish); err != nil || !slices.Equal(got, []string{"2"}) {
			t.Errorf("too late: %v, %v", got, err)
		}
	})
}

// What failed on one node is published by the next, and so is what died with its node.
func TestNodeFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := shared.NewMemory(time.Now)
		a, b := repeats.New(all), repeats.New(all)
		var n publishes
		failed := errors.New("failed")
		if _, err := a.Once("key", time.Now, func() ([]string, error) { return nil, failed }); !errors.Is(err, failed) {
			t.Errorf("%v", err)
		}
		begun := time.Now()
		if got, err := b.Once("key", time.Now, n.publish); err != nil || !slices.Equal(got, []string{"1"}) || time.Since(begun) > 0 {
			t.Errorf("after a failure: %v, %v", got, err)
		}
		a = repeats.New(dying{all})
		if got, err := a.Once("other", time.Now, n.publish); err != nil || !slices.Equal(got, []string{"2"}) {
			t.Errorf("%v, %v", got, err)
		}
		if got, err := b.Once("other", time.Now, n.publish); err != nil || !slices.Equal(got, []string{"3"}) {
			t.Errorf("after a death: %v, %v", got, err)
		}
	})
}

// dying is a node that cannot say what it has done.
type dying struct{ shared.Keys }

func (dying) Settle(context.Context, string, string, []byte, time.Duration) error {
	return errors.New("dead")
}

// away are others that do not answer.
type away struct{ shared.Keys }

var errAway = errors.New("away")

func (away) Claim(context.Context, string, time.Duration) (shared.Claim, error) {
	return shared.Claim{}, errAway
}

// What nobody knows about is not published under a client's id; what has none is.
func TestOthersAway(t *testing.T) {
	r := repeats.New(away{})
	var n publishes
	if _, err := r.Once("key", time.Now, n.publish); !errors.Is(err, errAway) || n != 0 {
		t.Errorf("%v, published %d times", err, n)
	}
	if _, err := r.Once("", time.Now, n.publish); err != nil || n != 1 {
		t.Errorf("without an id: %v, published %d times", err, n)
	}
}

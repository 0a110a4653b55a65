package nodetest

import "testing"

const tap = `TAP version 13
# Subtest: connects
ok 1 - connects
  ---
  duration_ms: 12
  ...
# Subtest: rooms
    # Subtest: joins
    not ok 1 - joins
      ---
      error: 'it did not'
      ...
    # Subtest: leaves
    ok 2 - leaves
      ---
      duration_ms: 1
      ...
    1..2
not ok 2 - rooms
  ---
  error: '1 subtest failed'
  ...
1..2
# tests 3
# fail 1
`

const failed = `    not ok 1 - joins
      ---
      error: 'it did not'
      ...
not ok 2 - rooms
  ---
  error: '1 subtest failed'
  ...
# tests 3
# fail 1
`

const spec = `✔ connects (12ms)
▶ rooms
  ✖ joins (3ms)
    it did not
  ✔ leaves (1ms)
ℹ tests 3
ℹ fail 1
`

const specFailed = `  ✖ joins (3ms)
    it did not
ℹ tests 3
ℹ fail 1
`

func TestFailures(t *testing.T) {
	for out, want := range map[string]string{
		tap:  failed,
		spec: specFailed,
		"# the runner\nError: Cannot find module 'pusher-js'\n": "# the runner\nError: Cannot find module 'pusher-js'\n",
		"": "",
	} {
		if got := failures(out); got != want {
			t.Errorf("of\n%s\nthis is kept:\n%s\nand not:\n%s", out, got, want)
		}
	}
}

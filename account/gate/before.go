package gate

import (
	"slices"

	"madang/account"
)

// A Before decides what somebody may before their permissions are looked at. It must not change the rights.
type Before func(h Holder, r account.Rights, ability string) Verdict

// A Verdict is what a Before says.
type Verdict int

// Verdicts. The first that is not NoOpinion decides.
const (
	NoOpinion Verdict = iota
	Yes
	No
)

// Super allows everything to whoever has one of some roles.
func Super(roles ...string) Before {
	roles = slices.Clone(roles)
	return func(_ Holder, r account.Rights, _ string) Verdict {
		if slices.ContainsFunc(roles, r.Has) {
			return Yes
		}
		return NoOpinion
	}
}

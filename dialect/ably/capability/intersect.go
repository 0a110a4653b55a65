package capability

// Intersect returns what both sets allow: on any channel, exactly the operations that s and t both allow there. Each
// resource of one is met with each of the other. Resources that are the same in both, or lie within the other's, keep
// their names.
func (s Set) Intersect(t Set) Set {
	if s.Equal(t) {
		return s
	}
	common := map[string]Ops{}
	left, right := s.parsed(), t.parsed()
	for _, a := range left {
		for _, b := range right {
			ops := a.ops & b.ops
			if ops == 0 {
				continue
			}
			if r, ok := meet(a.resource, b.resource); ok {
				common[r.String()] |= ops
			}
		}
	}
	return newSet(common)
}

// parsed returns all resources in parsed form.
func (s Set) parsed() []pattern {
	list := make([]pattern, 0, len(s.literals)+len(s.patterns))
	for text, ops := range s.literals {
		r, _ := parseResource(text)
		list = append(list, pattern{text, r, ops})
	}
	return append(list, s.patterns...)
}

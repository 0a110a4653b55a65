package edits

import (
	"strings"
	"unicode"
)

// A Method is how annotations of a type are summed.
type Method string

// Methods. Annotations of other types are not summed.
const (
	None     Method = ""
	Total    Method = "total.v1"    // how many
	Flag     Method = "flag.v1"     // which clients
	Distinct Method = "distinct.v1" // which clients, by name
	Unique   Method = "unique.v1"   // which clients, by name, each under one name only: its last
	Multiple Method = "multiple.v1" // how often which clients, by name
)

// MethodOf returns the method of a type, which is what stands behind the last colon.
func MethodOf(kind string) Method {
	i := strings.LastIndexByte(kind, ':')
	if i < 1 {
		return None
	}
	switch m := Method(kind[i+1:]); m {
	case Total, Flag, Distinct, Unique, Multiple:
		return m
	}
	return None
}

// ValidType reports whether a text has the form of a type, namespace:summarization.version, whether or not its method is
// known here.
func ValidType(kind string) bool {
	namespace, rest, ok := strings.Cut(kind, ":")
	method, version, versioned := strings.Cut(rest, ".v")
	return ok && versioned && namespace != "" && method != "" && version != "" &&
		!strings.ContainsAny(method, ":.") && strings.Trim(version, "0123456789") == "" && !strings.ContainsFunc(kind, unicode.IsControl)
}

// Named reports whether the method sums by names.
func (m Method) Named() bool { return m == Distinct || m == Unique || m == Multiple }

// Identified reports whether an annotation counts only if it is known whose it is; back says that it is one that is taken
// back.
func (m Method) Identified(back bool) bool {
	return m == Flag || m == Distinct || m == Unique || m == Multiple && back
}

package rest

import (
	"net/http"
	"slices"

	"madang"
)

// lets reports whether a method is among what the principal's token is for, if that is limited: the claim abilities names create,
// read, update and delete, or "*" for all. It is set by the guard of this server's own API tokens.
func lets(p *madang.Principal, method string) bool {
	claim := p.Claim("abilities")
	if claim == nil || p.Guard == "jwt" { // of another issuer, who may mean something else
		return true
	}
	all, _ := claim.([]any) // anything else allows nothing
	ability := map[string]string{
		http.MethodGet: "read", http.MethodHead: "read", http.MethodPost: "create", http.MethodPut: "update", http.MethodPatch: "update",
		http.MethodDelete: "delete",
	}[method]
	return slices.Contains(all, any("*")) || ability != "" && slices.Contains(all, any(ability))
}

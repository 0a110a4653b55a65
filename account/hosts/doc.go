// Package hosts tells the hosts of a server apart, by their exact names: a public page at the base, a host for apps, and sites
// for people with a certain role. Nothing that a server says of itself comes from the name that a client asked for; it only
// chooses among those that are configured.
package hosts

// Package oauth lets hubs that speak OAuth ask for somebody's consent: the Device Authorization Grant of RFC 8628.
package oauth

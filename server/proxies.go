package server

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// proxies are the networks whose forwarding headers are believed.
type proxies []netip.Prefix

// trusted returns the proxies that are believed. In development mode they are those of this machine: whoever comes through
// one of them from elsewhere must not pass for somebody who sits here, whom that mode lets in without a password.
func (s *Settings) trusted() proxies {
	if s.Dev && len(s.TrustedProxies) == 0 {
		return proxies{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	return s.TrustedProxies
}

func (p proxies) trust(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// forwarding are the headers by which a proxy tells what it saw.
func forwarding() []string {
	return []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", requestID}
}

// settle makes the request say who its client is: afterwards r.RemoteAddr is the client's address, and forwarding headers
// are there only if a trusted proxy sent them. So no part has to know about proxies.
func (p proxies) settle(r *http.Request) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	peer, err := netip.ParseAddr(host)
	if err != nil || !p.trust(peer) {
		for _, name := range forwarding() {
			r.Header.Del(name)
		}
		return
	}
	if client := p.client(r.Header.Values("X-Forwarded-For")); client.IsValid() {
		r.RemoteAddr = net.JoinHostPort(client.String(), "0")
	}
}

// client goes through the hops from the nearest to the farthest, as each proxy appends whom it saw: the first that is no
// trusted proxy is the client. What stands before it was written by the client and proves nothing.
func (p proxies) client(headers []string) (client netip.Addr) {
	hops := strings.Split(strings.Join(headers, ","), ",")
	for _, text := range slices.Backward(hops) {
		a, err := hop(strings.TrimSpace(text))
		if err != nil {
			return client
		}
		client = a.Unmap()
		if !p.trust(client) {
			return client
		}
	}
	return client
}

// hop reads an address with or without a port.
func hop(s string) (netip.Addr, error) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr(), nil
	}
	return netip.ParseAddr(strings.Trim(s, "[]"))
}

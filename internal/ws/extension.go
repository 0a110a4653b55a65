package ws

import (
	"net/http"
	"strings"

	"github.com/gobwas/httphead"
)

// An offer is one extension that a client would like, with its parameters in their order.
type offer struct {
	name   string
	params []param
}

type param struct{ name, value string }

// extensions parses the lines of Sec-WebSocket-Extensions. Lines that are none must fail the handshake (RFC 6455 §9.1).
func extensions(lines []string) ([]offer, error) {
	var offers []offer
	for _, line := range lines {
		if strings.Trim(line, " \t") == "" {
			continue // what a proxy leaves of a header that it has emptied
		}
		last := -1 // index of the extension that the scanner is in
		ok := httphead.ScanOptions([]byte(line), func(index int, name, attr, value []byte) httphead.Control {
			if index != last {
				last = index
				offers = append(offers, offer{name: string(name)})
			}
			if attr != nil {
				o := &offers[len(offers)-1]
				o.params = append(o.params, param{string(attr), string(value)})
			}
			return httphead.ControlContinue
		})
		if !ok {
			return nil, &HandshakeError{http.StatusBadRequest, nil, "Sec-WebSocket-Extensions is malformed"}
		}
	}
	return offers, nil
}

// negotiateDeflate answers the first offer of permessage-deflate that can be met (RFC 7692 §7.1). The answer forbids
// context takeover on both sides, which a server may do whatever the client has offered. Go's compressor has a window
// of 32 KiB and no other, so an offer that wants a smaller one from the server is declined; the client's own window
// does not matter to a decompressor that knows all sizes.
func negotiateDeflate(offers []offer) (answer string, ok bool) {
	for _, o := range offers {
		if o.name != "permessage-deflate" {
			continue
		}
		if window, ok := o.acceptable(); ok {
			answer := "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
			if window {
				answer += "; server_max_window_bits=15"
			}
			return answer, true
		}
	}
	return "", false
}

// acceptable reports whether the parameters are known, well-formed, met and there once, and whether the client asked
// about the server's window, which must be confirmed.
func (o *offer) acceptable() (window, ok bool) {
	seen := make(map[string]bool, len(o.params))
	for _, p := range o.params {
		if seen[p.name] {
			return false, false
		}
		seen[p.name] = true
		switch p.name {
		case "server_no_context_takeover", "client_no_context_takeover":
			ok = p.value == ""
		case "server_max_window_bits":
			window = true
			ok = p.value == "15"
		case "client_max_window_bits":
			ok = p.value == "" || windowBits(p.value)
		default:
			ok = false
		}
		if !ok {
			return false, false
		}
	}
	return window, true
}

// windowBits reports whether s is a number from 8 to 15, without leading zeros.
func windowBits(s string) bool {
	switch s {
	case "8", "9", "10", "11", "12", "13", "14", "15":
		return true
	}
	return false
}

package wire

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
)

// Every connection uses the sample key of RFC 6455 section 1.3: a fresh one
// would only cost the generator time.
const upgradeKey = "dGhlIHNhbXBsZSBub25jZQ=="

// MaxUpgrade is the longest answer in bytes to an upgrade that Upgraded reads.
const MaxUpgrade = 8 << 10

// upgradeRequest returns the HTTP request that opens a WebSocket at host
// ("address:port") and target, a path with its query.
func upgradeRequest(host, target string) []byte {
	return []byte("GET " + target + " HTTP/1.1\r\n" +
		"Host: " + host + "\r\n" +
		"Upgrade: websocket\r\n" +
		"Connection: Upgrade\r\n" +
		"Sec-WebSocket-Key: " + upgradeKey + "\r\n" +
		"Sec-WebSocket-Version: 13\r\n\r\n")
}

// Upgraded reads the server's answer to an upgrade request from the start of b and
// says how many bytes it takes; zero when it is not complete yet.
func Upgraded(b []byte) (int, error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		if len(b) > MaxUpgrade {
			return 0, fmt.Errorf("upgrade: no end of the header within %d bytes", MaxUpgrade)
		}
		return 0, nil
	}
	head := b[:end]
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
		line, _, _ := bytes.Cut(head, []byte("\r\n"))
		return 0, fmt.Errorf("upgrade refused: %.120q", line)
	}
	if !bytes.Contains(head, []byte(acceptFor(upgradeKey))) {
		return 0, fmt.Errorf("upgrade: the accept key in %.200q is not the one of RFC 6455", head)
	}
	return end + 4, nil
}

func acceptFor(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

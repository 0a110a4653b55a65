package server

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"os"
)

// load reads the files. Chain is put behind what Cert holds, without repeating what is there: files called fullchain.pem
// are often named in both places.
func (t TLS) load() (tls.Certificate, error) {
	var none tls.Certificate
	certs, err := os.ReadFile(t.Cert)
	if err != nil {
		return none, fmt.Errorf("cert: %w", err)
	}
	key, err := os.ReadFile(t.Key)
	if err != nil {
		return none, fmt.Errorf("key: %w", err)
	}
	if t.Chain != "" {
		chain, err := os.ReadFile(t.Chain)
		if err != nil {
			return none, fmt.Errorf("chain: %w", err)
		}
		if certs, err = appendChain(certs, chain); err != nil {
			return none, fmt.Errorf("chain: %s: %w", t.Chain, err)
		}
	}
	if key, err = decryptKey(key, string(t.Passphrase)); err != nil {
		return none, fmt.Errorf("key: %s: %w", t.Key, err)
	}
	cert, err := tls.X509KeyPair(certs, key)
	if err != nil {
		return none, fmt.Errorf("%w; tls.cert and tls.key must be PEM files that belong together", err)
	}
	return cert, nil
}

// appendChain returns the certificates of both texts, each once.
func appendChain(certs, chain []byte) ([]byte, error) {
	seen := blocks(certs)
	more := blocks(chain)
	if len(more) == 0 {
		return nil, fmt.Errorf("holds no certificate in PEM form")
	}
	all := append(bytes.TrimRight(certs, "\n"), '\n')
next:
	for _, b := range more {
		for _, other := range seen {
			if bytes.Equal(b.Bytes, other.Bytes) {
				continue next
			}
		}
		seen = append(seen, b)
		all = append(all, pem.EncodeToMemory(b)...)
	}
	return all, nil
}

// blocks returns the certificates of a PEM text.
func blocks(text []byte) (all []*pem.Block) {
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			return all
		}
		if b.Type == "CERTIFICATE" {
			all = append(all, b)
		}
	}
}

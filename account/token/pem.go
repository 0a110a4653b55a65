package token

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
)

// readPublicKeys reads an item of public_keys: PEM text, or the path of a file with it.
func readPublicKeys(item string) ([]key, error) {
	if strings.Contains(item, "-----BEGIN") {
		return parsePEM([]byte(item))
	}
	data, err := os.ReadFile(item)
	if err != nil {
		return nil, err
	}
	keys, err := parsePEM(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", item, err)
	}
	return keys, nil
}

// parsePEM reads one or more public keys and nothing else.
func parsePEM(data []byte) ([]key, error) {
	var keys []key
	for data = bytes.TrimSpace(data); len(data) > 0; data = bytes.TrimSpace(data) {
		b, rest := pem.Decode(data)
		if b == nil || !bytes.HasPrefix(data, []byte("-----BEGIN")) {
			return nil, errors.New("there is something that is not PEM")
		}
		k, err := parseBlock(b)
		if err != nil {
			return nil, err
		}
		keys, data = append(keys, k), rest
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no key in PEM")
	}
	return keys, nil
}

func parseBlock(b *pem.Block) (key, error) {
	var material any
	var err error
	switch {
	case b.Type == "PUBLIC KEY":
		material, err = x509.ParsePKIXPublicKey(b.Bytes)
	case b.Type == "RSA PUBLIC KEY":
		material, err = x509.ParsePKCS1PublicKey(b.Bytes)
	case strings.HasSuffix(b.Type, "PRIVATE KEY"):
		err = errors.New(`a private key does not belong here; take its public half ("openssl pkey -pubout")`)
	default:
		err = errors.New("must be PUBLIC KEY or RSA PUBLIC KEY")
	}
	if err != nil {
		return key{}, fmt.Errorf("PEM block %q: %w", b.Type, err)
	}
	return publicKey("", material)
}

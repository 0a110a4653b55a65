package server

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // files of old are encrypted with it; nothing is encrypted here
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"strings"
)

// convert is what to do with a key that cannot be read as it is.
const convert = "store it in another form with: openssl pkcs8 -topk8 -v2 aes-256-cbc -in key.pem -out new.pem"

// decryptKey returns a PEM text whose private key is not encrypted. It knows the two forms that openssl writes: the old
// one with a header DEK-Info, and PKCS #8 with PBES2 (RFC 8018).
func decryptKey(text []byte, passphrase string) ([]byte, error) {
	b, rest := pem.Decode(text)
	for b != nil && !strings.HasSuffix(b.Type, "PRIVATE KEY") { // parameters of a curve come before it
		b, rest = pem.Decode(rest)
	}
	if b == nil {
		return text, nil // it will be said what is missing
	}
	old := b.Headers["DEK-Info"] != ""
	if !old && b.Type != "ENCRYPTED PRIVATE KEY" {
		return text, nil
	}
	if passphrase == "" {
		return nil, fmt.Errorf("the key is encrypted; give its passphrase in tls.passphrase or %sTLS_PASSPHRASE", EnvPrefix)
	}
	if old {
		plain, err := x509.DecryptPEMBlock(b, []byte(passphrase)) //nolint:staticcheck // weak, but what there is
		if errors.Is(err, x509.IncorrectPasswordError) {
			return nil, errWrongPassphrase
		}
		if err != nil {
			return nil, fmt.Errorf("%w; %s", err, convert)
		}
		return pem.EncodeToMemory(&pem.Block{Type: b.Type, Bytes: plain}), nil
	}
	plain, err := decryptPKCS8(b.Bytes, passphrase)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: plain}), nil
}

var errWrongPassphrase = errors.New("the passphrase does not fit the key")

// The structures of RFC 5958 (the container) and RFC 8018, appendix A (PBES2 and PBKDF2).
type (
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbes2 struct{ KDF, Cipher pkix.AlgorithmIdentifier }
	kdf2  struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

// maxIterations bounds the work that a file asks for; openssl's default is 2048, and what is recommended is below this.
const maxIterations = 2_000_000

func decryptPKCS8(der []byte, passphrase string) ([]byte, error) {
	var outer encryptedKey
	var scheme pbes2
	var derive kdf2
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) > 0 {
		return nil, errors.New("holds no valid PKCS #8 key; is the file complete?")
	}
	if outer.Algorithm.Algorithm.String() != "1.2.840.113549.1.5.13" {
		return nil, fmt.Errorf("is encrypted in a way that is not supported (%v); %s", outer.Algorithm.Algorithm, convert)
	}
	if _, err := asn1.Unmarshal(outer.Algorithm.Parameters.FullBytes, &scheme); err != nil {
		return nil, errors.New("holds no valid PKCS #8 key; is the file complete?")
	}
	if scheme.KDF.Algorithm.String() != "1.2.840.113549.1.5.12" {
		return nil, fmt.Errorf("derives its key in a way that is not supported (%v: scrypt?); %s", scheme.KDF.Algorithm, convert)
	}
	if _, err := asn1.Unmarshal(scheme.KDF.Parameters.FullBytes, &derive); err != nil {
		return nil, errors.New("holds no valid PKCS #8 key; is the file complete?")
	}
	if derive.Iterations < 1 || derive.Iterations > maxIterations {
		return nil, fmt.Errorf("asks for %d rounds of key derivation; %s", derive.Iterations, convert)
	}
	newHash := hashes()[derive.PRF.Algorithm.String()]
	how, known := ciphers()[scheme.Cipher.Algorithm.String()]
	if newHash == nil || !known {
		return nil, fmt.Errorf("is encrypted in a way that is not supported (%v with %v); %s", scheme.Cipher.Algorithm, derive.PRF.Algorithm, convert)
	}
	key, err := pbkdf2.Key(newHash, passphrase, derive.Salt, derive.Iterations, how.keySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key: %w; %s", err, convert)
	}
	return how.open(key, scheme.Cipher.Parameters.FullBytes, outer.Data)
}

// hashes are the functions of PBKDF2 by their object identifiers; none is SHA-1, by RFC 8018.
func hashes() map[string]func() hash.Hash {
	return map[string]func() hash.Hash{
		"": sha1.New, "1.2.840.113549.2.7": sha1.New, "1.2.840.113549.2.8": sha256.New224, "1.2.840.113549.2.9": sha256.New,
		"1.2.840.113549.2.10": sha512.New384, "1.2.840.113549.2.11": sha512.New,
	}
}

// A blockCipher is one in CBC mode.
type blockCipher struct {
	keySize int
	make    func([]byte) (cipher.Block, error)
}

func ciphers() map[string]blockCipher {
	return map[string]blockCipher{
		"2.16.840.1.101.3.4.1.2": {16, aes.NewCipher}, "2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
		"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher}, "1.2.840.113549.3.7": {24, des.NewTripleDESCipher},
	}
}

// open decrypts and removes the padding.
func (c blockCipher) open(key, parameters, data []byte) ([]byte, error) {
	var iv []byte
	block, err := c.make(key)
	if err != nil {
		return nil, fmt.Errorf("decrypt the key: %w", err)
	}
	size := block.BlockSize()
	if _, err := asn1.Unmarshal(parameters, &iv); err != nil || len(iv) != size || len(data) == 0 || len(data)%size != 0 {
		return nil, errors.New("holds no valid PKCS #8 key; is the file complete?")
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	n := int(plain[len(plain)-1])
	if n < 1 || n > size || strings.Trim(string(plain[len(plain)-n:]), string(plain[len(plain)-1:])) != "" {
		return nil, errWrongPassphrase
	}
	plain = plain[:len(plain)-n]
	if _, err := x509.ParsePKCS8PrivateKey(plain); err != nil {
		return nil, errWrongPassphrase // one time in 256 the padding looks right
	}
	return plain, nil
}

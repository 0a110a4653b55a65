package server

// DecryptKey is decryptKey.
func DecryptKey(text []byte, passphrase string) ([]byte, error) { return decryptKey(text, passphrase) }

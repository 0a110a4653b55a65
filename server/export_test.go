package server

// DecryptKey is decryptKey.
func DecryptKey(text []byte, passphrase string) ([]byte, error) { return decryptKey(text, passphrase) }

// MemoryBudget is memoryBudget.
func MemoryBudget(set, runtime int64) int64 { return memoryBudget(set, runtime) }

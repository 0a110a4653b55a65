package seal

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func secretKey(b byte) []byte { return bytes.Repeat([]byte{b}, MinKey) }

func box(t testing.TB, keys ...[]byte) *Box {
	t.Helper()
	b, err := New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSeal(t *testing.T) {
	old, now, other := box(t, secretKey(1)), box(t, secretKey(2), secretKey(1)), box(t, secretKey(3))
	rapid.Check(t, func(t *rapid.T) {
		secret, purpose := rapid.SliceOf(rapid.Byte()).Draw(t, "secret"), rapid.String().Draw(t, "purpose")
		sealed := old.Seal(secret, purpose)
		for _, b := range []*Box{old, now} {
			if got, err := b.Open(sealed, purpose); err != nil || !bytes.Equal(got, secret) {
				t.Fatal(got, err)
			}
		}
		if _, err := other.Open(sealed, purpose); !errors.Is(err, ErrOpen) {
			t.Fatal("another's key:", err)
		}
		if _, err := old.Open(sealed, purpose+"x"); !errors.Is(err, ErrOpen) {
			t.Fatal("another purpose:", err)
		}
		if _, err := old.Open(now.Seal(secret, purpose), purpose); !errors.Is(err, ErrOpen) {
			t.Fatal("a newer key:", err)
		}
		if bytes.Equal(sealed, old.Seal(secret, purpose)) {
			t.Fatal("two are alike")
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		spoiled := bytes.Clone(sealed)
		spoiled[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := old.Open(spoiled, purpose); !errors.Is(err, ErrOpen) {
			t.Fatal("changed:", err)
		}
		if _, err := old.Open(sealed[:i], purpose); !errors.Is(err, ErrOpen) {
			t.Fatal("cut off:", err)
		}
	})
}

func TestKeys(t *testing.T) {
	if _, err := New(); err == nil {
		t.Error("no key")
	}
	if _, err := New(secretKey(1), secretKey(1)[1:]); err == nil {
		t.Error("a short key")
	}
}

func FuzzOpen(f *testing.F) {
	b := box(f, secretKey(1))
	f.Add(b.Seal([]byte("secret"), "purpose"), "purpose")
	f.Add([]byte{version}, "")
	f.Fuzz(func(t *testing.T, sealed []byte, purpose string) {
		if _, err := b.Open(sealed, purpose); err != nil && !errors.Is(err, ErrOpen) {
			t.Error(err)
		}
	})
}

package chat

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// TextLimits say how long a text may be.
type TextLimits struct {
	Runes int // characters (code points) after normalisation; at least 1
	Bytes int // bytes of UTF-8, before and after normalisation; at least 1
}

// Clean returns text as it is stored: in Unicode normalisation form C, so that a Hangul syllable typed on a Mac (as its
// parts) and one typed elsewhere are the same text to search and to count. It refuses, as ErrInvalid, text that is not
// UTF-8, holds a NUL (which stores and clients written in C cut at), has nothing to see in it, or is over the limits
// (that is ErrTooLarge).
// Nothing is trimmed. Clean of a clean text is that text.
func (l TextLimits) Clean(text string) (string, error) {
	if len(text) > l.Bytes {
		return "", fmt.Errorf("text has %d bytes, at most %d are allowed: %w", len(text), l.Bytes, ErrTooLarge)
	}
	if err := checkString(text); err != nil {
		return "", fmt.Errorf("text %w", err)
	}
	text = norm.NFC.String(text)
	if len(text) > l.Bytes { // a few characters grow when normalised
		return "", fmt.Errorf("text has %d bytes, at most %d are allowed: %w", len(text), l.Bytes, ErrTooLarge)
	}
	if n := utf8.RuneCountInString(text); n > l.Runes {
		return "", fmt.Errorf("text has %d characters, at most %d are allowed: %w", n, l.Runes, ErrTooLarge)
	}
	if !strings.ContainsFunc(text, visible) {
		return "", fmt.Errorf("text is empty: %w", ErrInvalid)
	}
	return text, nil
}

// visible reports whether r alone would show on a screen. Besides white space this leaves out what Unicode says to
// ignore, such as the zero-width space and the Hangul filler that people use to send nothing.
func visible(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.IsControl(r) &&
		!unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// checkString refuses what no string in this package may hold.
func checkString(s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("is not valid UTF-8: %w", ErrInvalid)
	}
	if strings.IndexByte(s, 0) >= 0 {
		return fmt.Errorf("holds a NUL character: %w", ErrInvalid)
	}
	return nil
}

package server

import (
	"io"
	"log/slog"
)

// NewLog returns a logger as the settings say.
func NewLog(w io.Writer, c Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // validated when it was loaded; otherwise it stays at info
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		o.ReplaceAttr = durationsAsText
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// durationsAsText has durations written as a person writes them, "1.5s", as the other format does by itself: in JSON they
// would be numbers of nanoseconds.
func durationsAsText(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

package server

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"
)

func TestDurationsInJSONLogs(t *testing.T) {
	var out bytes.Buffer
	log := NewLog(&out, Log{Level: "info", Format: "json"})
	log.Info("waited", "for", 1500*time.Millisecond, slog.Group("of", "most", time.Minute), "times", 3)
	var line struct {
		Time  time.Time
		For   string
		Of    struct{ Most string }
		Times int
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	if line.For != "1.5s" || line.Of.Most != "1m0s" || line.Times != 3 || line.Time.IsZero() {
		t.Errorf("the log has %s", &out)
	}
}

package metrics

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func page(t *testing.T, sources ...Source) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	New(Config{}, slog.New(slog.DiscardHandler), sources...).handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	b, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(b)
}

func TestPage(t *testing.T) {
	status, text := page(t, func(report func(Sample)) {
		report(Sample{Name: "lines", Help: "Links.", Value: 3})
		report(Sample{Name: "closed_total", Help: "Connections that ended.", Counter: true, Value: 2, Labels: []string{"reason", "slow"}})
		report(Sample{Name: "closed_total", Help: "Connections that ended.", Counter: true, Value: 1, Labels: []string{"reason", "gone"}})
	})
	for _, want := range []string{
		"# HELP madang_lines Links.\n# TYPE madang_lines gauge\nmadang_lines 3\n", "# TYPE madang_closed_total counter\n",
		`madang_closed_total{reason="slow"} 2`, `madang_closed_total{reason="gone"} 1`, "go_goroutines", "process_start_time_seconds",
	} {
		if status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%d, and there is no %q in\n%s", status, want, text)
		}
	}
}

func TestBadSamplesAreErrors(t *testing.T) {
	for what, s := range map[string][]Sample{
		"twice":  {{Name: "a"}, {Name: "a"}},
		"helped": {{Name: "a", Help: "One.", Labels: []string{"x", "1"}}, {Name: "a", Help: "Another.", Labels: []string{"x", "2"}}},
	} {
		if status, _ := page(t, func(report func(Sample)) {
			for _, x := range s {
				report(x)
			}
		}); status != http.StatusInternalServerError {
			t.Errorf("%s: %d", what, status)
		}
	}
}

func TestListens(t *testing.T) {
	p := New(Config{Listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := (Config{Listen: "9090"}).Validate(); err == nil {
		t.Error("a port alone is valid")
	}
}

// Package metrics shows to Prometheus what the parts of a server count. It listens on an address of its own, which is not
// for the public.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Config says where metrics are shown.
type Config struct {
	// Listen is the address on which /metrics is answered, as host:port; not the one of the public. Empty: nowhere.
	Listen string `yaml:"listen"`
}

// Defaults returns the configuration of a server that shows nothing.
func Defaults() Config { return Config{} }

// Validate reports what cannot work.
func (c Config) Validate() error {
	if c.Listen == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("metrics: listen: %q is not host:port, such as 127.0.0.1:9090", c.Listen)
	}
	return nil
}

// A Sample is one number at one moment.
type Sample struct {
	Name    string // in snake case, with its unit and, for counters, _total at the end
	Help    string // a sentence
	Counter bool   // it only grows; otherwise it goes up and down
	Value   float64
	Labels  []string // names and values in turn
}

// A Source reports samples, always the same names with the same labels. It is called for each request, possibly at the same
// time as others.
type Source func(report func(Sample))

// A Page answers /metrics.
type Page struct {
	cfg     Config
	log     *slog.Logger
	handler http.Handler
	srv     *http.Server
}

// New returns a page with what the sources report, and what Go and the system say of the process.
func New(c Config, log *slog.Logger, sources ...Source) *Page {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, s := range sources {
		registry.MustRegister(collector(s))
	}
	p := &Page{cfg: c, log: log}
	p.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorLog: errorLog{log}})
	return p
}

// A collector is a Source as Prometheus sees it. It describes nothing beforehand: what there is may depend on the settings.
type collector Source

// Describe implements prometheus.Collector.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	c(func(s Sample) {
		kind := prometheus.GaugeValue
		if s.Counter {
			kind = prometheus.CounterValue
		}
		var names, values []string
		for i := 0; i+1 < len(s.Labels); i += 2 {
			names, values = append(names, s.Labels[i]), append(values, s.Labels[i+1])
		}
		desc := prometheus.NewDesc("madang_"+s.Name, s.Help, names, nil)
		m, err := prometheus.NewConstMetric(desc, kind, s.Value, values...)
		if err != nil {
			m = prometheus.NewInvalidMetric(desc, err)
		}
		ch <- m
	})
}

type errorLog struct{ log *slog.Logger }

func (l errorLog) Println(v ...any) {
	l.log.Error("metrics could not be shown", "error", fmt.Sprint(v...))
}

// Start begins to listen.
func (p *Page) Start(context.Context) error {
	ln, err := net.Listen("tcp", p.cfg.Listen)
	if err != nil {
		return fmt.Errorf("metrics: cannot listen on %s: %w; choose another address with metrics.listen", p.cfg.Listen, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.handler)
	p.srv = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug)}
	p.log.Info("metrics", "url", "http://"+ln.Addr().String()+"/metrics")
	go func() {
		if err := p.srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("metrics are no longer shown", "error", err)
		}
	}()
	return nil
}

// Close ends it.
func (p *Page) Close() error {
	if p.srv == nil {
		return nil
	}
	return p.srv.Close()
}

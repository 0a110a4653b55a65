package redis

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"sync/atomic"

	"github.com/redis/rueidis"
)

// newClient connects. All connections of the client end with life, at once and whatever waits for them.
func newClient(life context.Context, c Config) (rueidis.Client, error) {
	t, err := parseURL(c.URL)
	if err != nil {
		return nil, err
	}
	tlsConfig, err := c.TLS.load()
	if err != nil {
		return nil, err
	}
	var last atomic.Pointer[string] // where it connected last: a Sentinel, or the server that they have named
	o := rueidis.ClientOption{
		InitAddress: t.addresses, ShuffleInit: true,
		Username: cmp.Or(t.username, c.Username), Password: cmp.Or(t.password, c.Password),
		Dialer: net.Dialer{Timeout: c.Timeout, KeepAlive: c.Heartbeat}, ConnWriteTimeout: c.Timeout,
		ReadBufferEachConn: 64 << 10, WriteBufferEachConn: 64 << 10, RingScaleEachConn: 9,
		// Two connections for commands, so that a long history does not stand before everything else.
		PipelineMultiplex: 1, AlwaysPipelining: true, MaxFlushDelay: c.FlushDelay,
		DisableCache: true, DisableRetry: true, // a script may change something; who asks decides
		ClientSetInfo: rueidis.DisableClientSetInfo,
		DialCtxFn: func(ctx context.Context, address string, nd *net.Dialer, tc *tls.Config) (net.Conn, error) {
			last.Store(&address)
			return dial(ctx, life, address, nd, tc)
		},
	}
	if t.tls {
		o.TLSConfig = tlsConfig
	}
	if t.master != "" {
		o.Sentinel = rueidis.SentinelOption{
			MasterSet: t.master, Username: c.SentinelUsername, Password: c.SentinelPassword, Dialer: o.Dialer,
			TopologyRefreshInterval: 5 * c.Heartbeat, // a failover of which no Sentinel has told
		}
		if c.TLS.Sentinels {
			o.Sentinel.TLSConfig = tlsConfig
		}
	}
	if t.cluster || t.master == "" {
		o.ClusterOption.ShardsRefreshInterval = 5 * c.Heartbeat
	}
	client, err := rueidis.NewClient(o)
	if err != nil {
		at := ""
		if a := last.Load(); a != nil && t.master != "" {
			at = " at " + *a + ":"
		}
		return nil, fmt.Errorf("redis: connect to %s:%s %w; %s", where(t), at, err, advise(t, err))
	}
	if t.cluster && client.Mode() != rueidis.ClientModeCluster {
		client.Close()
		return nil, fmt.Errorf("redis: %s is not a Cluster, but url says redis+cluster", where(t))
	}
	return client, nil
}

// dial opens a connection that ends with life.
func dial(ctx, life context.Context, address string, nd *net.Dialer, tc *tls.Config) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(life, cancel)()
	var conn net.Conn
	var err error
	if tc == nil {
		conn, err = nd.DialContext(ctx, "tcp", address)
	} else {
		conn, err = (&tls.Dialer{NetDialer: nd, Config: tc}).DialContext(ctx, "tcp", address)
	}
	if err != nil {
		return nil, err
	}
	return &mortal{Conn: conn, forget: context.AfterFunc(life, func() { _ = conn.Close() })}, nil
}

// A mortal connection ends with a context, and lets go of it when it ends before.
type mortal struct {
	net.Conn
	forget func() bool
}

// Close implements [net.Conn].
func (c *mortal) Close() error {
	c.forget()
	return c.Conn.Close()
}

// where says where Redis is, for logs and errors.
func where(t target) string {
	what := fmt.Sprint(t.addresses)
	if t.master != "" {
		return "master " + t.master + " of the Sentinels " + what
	}
	return what
}

// load returns what the settings say.
func (t TLS) load() (*tls.Config, error) {
	c := &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: t.ServerName,
		InsecureSkipVerify: t.Insecure, //nolint:gosec // off unless it is asked for by name
	}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("redis: tls.ca: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("redis: tls.ca: there is no certificate in PEM in %s", t.CA)
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("redis: tls.cert and tls.key: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

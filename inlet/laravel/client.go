package laravel

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/redis/rueidis"
)

// A dialer makes clients of one configuration.
type dialer struct {
	option  rueidis.ClientOption
	network string
	known   []string // addresses that a cluster told of; one of them may live when the configured ones are dead
}

// newDialer reads the files of a configuration.
func newDialer(c Config) (*dialer, error) {
	if err := c.readable(); err != nil {
		return nil, err
	}
	t := target{network: "tcp"}
	if c.URL != "" {
		var err error
		if t, err = parseURL(c.URL); err != nil {
			return nil, err
		}
	}
	tlsConfig, err := c.TLS.load()
	if err != nil {
		return nil, err
	}
	d := &dialer{network: t.network, option: rueidis.ClientOption{
		InitAddress: c.Addresses, Username: cmp.Or(c.Username, t.username), Password: cmp.Or(c.Password, t.password),
		Dialer: net.Dialer{Timeout: c.Timeout, KeepAlive: c.Heartbeat}, ConnWriteTimeout: c.Timeout,
		// The inlet asks for one thing and then only listens: one connection, small buffers, no cache, and no attempts
		// behind its back, since it counts and logs outages itself.
		PipelineMultiplex: -1, RingScaleEachConn: 8, ReadBufferEachConn: 64 << 10, WriteBufferEachConn: 4 << 10,
		DisableCache: true, DisableRetry: true, ShuffleInit: true,
		ClientSetInfo: rueidis.DisableClientSetInfo, // users that may only listen may not do that
	}}
	if t.address != "" {
		d.option.InitAddress = []string{t.address}
	}
	if t.tls || c.TLS.Enabled {
		d.option.TLSConfig = tlsConfig
	}
	if c.Master != "" {
		d.option.Sentinel = rueidis.SentinelOption{
			MasterSet: c.Master, Username: c.SentinelUsername, Password: c.SentinelPassword, Dialer: d.option.Dialer,
			TopologyRefreshInterval: 5 * c.Heartbeat / 2, // a failover of which no Sentinel told us
		}
		if c.TLS.Sentinels {
			d.option.Sentinel.TLSConfig = tlsConfig
		}
	}
	return d, nil
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
			return nil, fmt.Errorf("laravel: tls.ca: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("laravel: tls.ca: there is no certificate in PEM in %s", t.CA)
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("laravel: tls.cert and tls.key: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// dial connects. All of the client's connections end with ctx, at once and whatever they are waiting for.
func (d *dialer) dial(ctx context.Context) (rueidis.Client, error) {
	option := d.option
	option.InitAddress = append(append([]string{}, option.InitAddress...), d.known...)
	if len(d.known) > 0 {
		option.ShuffleInit = false // configured ones first
	}
	option.DialCtxFn = func(dctx context.Context, address string, nd *net.Dialer, tc *tls.Config) (net.Conn, error) {
		dctx, cancel := context.WithCancel(dctx)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		conn, err := d.open(dctx, address, nd, tc)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = conn.Close() })
		return conn, nil
	}
	client, err := rueidis.NewClient(option)
	if err != nil {
		return nil, err
	}
	if client.Mode() == rueidis.ClientModeCluster {
		d.known = d.known[:0]
		for address := range client.Nodes() {
			d.known = append(d.known, address)
		}
	}
	return client, nil
}

// open opens one connection.
func (d *dialer) open(ctx context.Context, address string, nd *net.Dialer, tc *tls.Config) (net.Conn, error) {
	if tc == nil {
		return nd.DialContext(ctx, d.network, address)
	}
	return (&tls.Dialer{NetDialer: nd, Config: tc}).DialContext(ctx, d.network, address)
}

// errUnsubscribed ends a session whose subscription Redis has taken away.
var errUnsubscribed = errors.New("redis ended the subscription")

// listen hands on what is published to channels of the patterns, until the connection or ctx ends. It calls ready when
// Redis has confirmed all patterns.
func listen(ctx context.Context, client rueidis.Client, patterns []string, ready func(), hear func(rueidis.PubSubMessage)) error {
	confirmed := 0
	ctx = rueidis.WithOnSubscriptionHook(ctx, func(s rueidis.PubSubSubscription) {
		if s.Kind == "psubscribe" {
			if confirmed++; confirmed == len(patterns) {
				ready()
			}
		}
	})
	err := client.Receive(ctx, client.B().Psubscribe().Pattern(patterns...).Build(), hear)
	if err == nil {
		err = errUnsubscribed
	}
	return err
}

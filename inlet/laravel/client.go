package laravel

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"

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
		DisableCache: true, DisableRetry: true, ForceSingleClient: true,
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

// dial connects to a Redis that takes us. All of the client's connections end with ctx, at once and whatever they are
// waiting for.
func (d *dialer) dial(ctx context.Context) (rueidis.Client, error) {
	if d.option.Sentinel.MasterSet != "" {
		return d.connect(ctx, d.option.InitAddress)
	}
	// What is published on one node of a cluster is heard on all, so any node will do.
	all := append(slices.Clone(d.option.InitAddress), d.known...)
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var fault error
	for _, address := range all {
		client, err := d.connect(ctx, []string{address})
		if err == nil {
			d.learn(ctx, client, address)
			return client, nil
		}
		if fault == nil || address == d.option.InitAddress[0] { // always the same one's error, whatever the order
			fault = err
		}
	}
	return nil, fault
}

// connect makes a client.
func (d *dialer) connect(ctx context.Context, addresses []string) (rueidis.Client, error) {
	option := d.option
	option.InitAddress = addresses
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
	return rueidis.NewClient(option)
}

// learn asks a node for the others of its cluster. There are none if it is alone, or if we may not ask.
func (d *dialer) learn(ctx context.Context, client rueidis.Client, asked string) {
	ranges, err := client.Do(ctx, client.B().ClusterSlots().Build()).ToArray()
	if err != nil {
		return
	}
	d.known = nil
	for _, r := range ranges {
		parts, err := r.ToArray() // first slot, last slot, and nodes
		if err != nil {
			continue
		}
		for _, part := range parts[min(2, len(parts)):] {
			if a := nodeAddress(part, asked); a != "" && !slices.Contains(d.known, a) && !slices.Contains(d.option.InitAddress, a) {
				d.known = append(d.known, a)
			}
		}
	}
}

// nodeAddress returns the address of a node that CLUSTER SLOTS tells: host, port, id and more. A host that is not told is
// the one that was asked.
func nodeAddress(part rueidis.RedisMessage, asked string) string {
	node, err := part.ToArray()
	if err != nil || len(node) < 2 {
		return ""
	}
	port, err := node[1].AsInt64()
	if err != nil {
		return ""
	}
	host, err := node[0].ToString()
	if err != nil || host == "" || host == "?" {
		host, _, _ = net.SplitHostPort(asked)
	}
	return net.JoinHostPort(host, strconv.FormatInt(port, 10))
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

package echoconfig

import (
	"strconv"

	"madang/internal/config"
)

// noTLS1 is what "init" of laravel-echo-server writes as secureOptions: OpenSSL's bit against TLS 1.0.
const noTLS1 = 67108864

// tls reads the protocol and the files that belong to it.
func (r *reader) tls(c *Config, o *object) {
	protocol := "http"
	n := o.text("protocol", &protocol)
	files := []struct {
		key string
		to  *string
	}{{"sslCertPath", &c.TLS.Cert}, {"sslKeyPath", &c.TLS.Key}, {"sslCertChainPath", &c.TLS.Chain}}
	for _, f := range files {
		o.text(f.key, f.to)
	}
	o.secret("sslPassphrase", &c.TLS.Passphrase)
	if bits := o.get("secureOptions"); bits != nil && bits.text != strconv.Itoa(noTLS1) {
		o.warn(bits, "secureOptions", "has no effect: these are bits for OpenSSL, and this server speaks TLS 1.2 and 1.3 without it; remove it")
	}
	switch protocol {
	case "https":
		if c.TLS.Cert == "" || c.TLS.Key == "" {
			o.refuse(n, "protocol", "https needs sslCertPath and sslKeyPath; give both, or let a proxy in front do TLS and write http")
			c.TLS = TLS{}
		}
	case "http", "":
		for _, f := range files {
			if *f.to != "" {
				o.warn(o.node.find(f.key), f.key, "has no effect, because protocol is not https")
			}
		}
		c.TLS = TLS{}
	default:
		hint := ""
		if best := config.Nearest(protocol, []string{"http", "https"}); best != "" {
			hint = "; did you mean " + best + "?"
		}
		o.refuse(n, "protocol", "%q is neither http nor https%s", protocol, hint)
		c.TLS = TLS{}
	}
}

package hosts

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Config says what each host name is for. Without a word of it everything is on whatever host the server is reached by.
type Config struct {
	// Base is the host of the public page. Empty, though others are named: that of the account's url.
	Base string `yaml:"base"`
	// WWW is the host that sends everybody on to the base.
	WWW string `yaml:"www"`
	// API is the host of apps and backends: it has no pages but those that links in mails to users lead to.
	API string `yaml:"api"`
	// Internal are names and addresses by which backends and load balancers reach this server inside, such as madang or 10.0.0.5.
	// They are like api.
	Internal []string `yaml:"internal"`
	// Sites are the hosts at which people sign in, each for those who have its role.
	Sites []Site `yaml:"sites"`
}

// A Site is a host with pages of its own.
type Site struct {
	// Name is what routes and links call it, such as admin.
	Name string `yaml:"name"`
	// Host is its exact name, such as admin.example.com.
	Host string `yaml:"host"`
	// Role is the one that a member needs to be let in; who only signs in does not need it yet.
	Role string `yaml:"role"`
	// Prefix begins the names of its pages, such as Admin for Admin/Auth/Login. Empty: the usual pages.
	Prefix string `yaml:"prefix"`
}

// On reports whether hosts are told apart.
func (c Config) On() bool { return c.Base+c.WWW+c.API != "" || len(c.Internal)+len(c.Sites) > 0 }

// Validate reports what cannot work.
func (c Config) Validate() error {
	var errs []error
	seen := map[string]string{}
	host := func(key, name string) {
		switch other, taken := seen[name]; {
		case name == "":
		case name != Name(name) || strings.ContainsAny(name, "/* ") || !printable(name):
			errs = append(errs, fmt.Errorf("%s: %q is no name of a host; write it in lower case, without scheme, port and path", key, name))
		case taken:
			errs = append(errs, fmt.Errorf("%s: %s is %s already; each host is one thing", key, name, other))
		default:
			seen[name] = key
		}
	}
	host("base", c.Base)
	host("www", c.WWW)
	host("api", c.API)
	for i, name := range c.Internal {
		host(fmt.Sprintf("internal[%d]", i), name)
	}
	if c.WWW != "" && c.Base == "" {
		errs = append(errs, errors.New("www: there is no base to send people to"))
	}
	for i, s := range c.Sites {
		key := fmt.Sprintf("sites[%d]", i)
		host(key, s.Host)
		if s.Name == "" || s.Host == "" || s.Role == "" {
			errs = append(errs, fmt.Errorf("%s: needs a name, a host, and the role that lets people in", key))
		}
		if !plain(s.Name) || !plain(s.Prefix) {
			errs = append(errs, fmt.Errorf("%s: name and prefix are made of letters and digits", key))
		}
		if slices.ContainsFunc(c.Sites[:i], func(x Site) bool { return x.Name == s.Name }) {
			errs = append(errs, fmt.Errorf("%s: there is a site %q already", key, s.Name))
		}
	}
	return errors.Join(errs...)
}

// URLs returns where the sites are, by their names: their hosts, with the scheme and the port of the server's own address.
func (c Config) URLs(own string) map[string]string {
	u, err := url.Parse(own)
	if err != nil || len(c.Sites) == 0 {
		return nil
	}
	all := map[string]string{}
	for _, s := range c.Sites {
		all[s.Name] = at(u, s.Host)
	}
	return all
}

// APIURL returns where apps find the server: the API's host, with the scheme and the port of the server's own address; own, if
// there is no such host.
func (c Config) APIURL(own string) string {
	u, err := url.Parse(own)
	if err != nil || c.API == "" {
		return own
	}
	return at(u, c.API)
}

// at is an address with another host.
func at(own *url.URL, host string) string {
	if port := own.Port(); port != "" {
		host += ":" + port
	}
	return own.Scheme + "://" + host
}

// Name is the host in a Host header or configuration as it is compared: in lower case, without port and final dot. All of
// those are the same host to a browser.
func Name(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.Contains(host[i:], "]") {
		host = host[:i]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// plain reports whether a text can be part of a name.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}

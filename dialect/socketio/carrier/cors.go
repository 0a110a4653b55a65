package carrier

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// CORS says which pages of other origins may connect, with the meaning that the npm package cors gives it, so that a
// set-up can be carried over. Without origins no header is sent and browsers allow pages of the same origin only.
type CORS struct {
	// Origins that may connect: "*", full origins such as https://app.example.com, or regular expressions between
	// slashes. A default port may be written or not.
	Origins []string `yaml:"origins"`
	// Methods that preflight requests are told.
	Methods []string `yaml:"methods"`
	// AllowedHeaders that preflight requests are told; none: whatever they ask for.
	AllowedHeaders []string `yaml:"allowed_headers"`
	// ExposedHeaders that scripts may read.
	ExposedHeaders []string `yaml:"exposed_headers"`
	// Credentials lets pages send cookies. It needs origins other than "*".
	Credentials bool `yaml:"credentials"`
	// MaxAge is how many seconds a browser may remember a preflight's answer; 0: not said.
	MaxAge int `yaml:"max_age"`
}

func corsDefaults() CORS {
	return CORS{Methods: []string{"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"}}
}

func (c *CORS) validate() error {
	if c.Credentials && slices.Contains(c.Origins, "*") {
		return fmt.Errorf(`cors: credentials with origin "*" is refused by every browser; name the origins`)
	}
	for _, o := range c.Origins {
		if re, ok := pattern(o); ok {
			if _, err := regexp.Compile(re); err != nil {
				return fmt.Errorf("cors: origin %s: %w", o, err)
			}
			continue
		}
		if u, err := url.Parse(o); o != "*" && (err != nil || u.Scheme == "" || u.Host == "" || strings.Trim(u.Path, "/") != "") {
			return fmt.Errorf("cors: origin %q must be like https://app.example.com, /regexp/ or *", o)
		}
	}
	return nil
}

func pattern(origin string) (string, bool) {
	if len(origin) > 2 && origin[0] == '/' && strings.HasSuffix(origin, "/") {
		return origin[1 : len(origin)-1], true
	}
	return "", false
}

// cors is CORS made ready.
type cors struct {
	CORS
	any   bool
	exact []string // normalised
	re    []*regexp.Regexp
}

func newCORS(c CORS) (*cors, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	r := &cors{CORS: c, any: slices.Contains(c.Origins, "*")}
	for _, o := range c.Origins {
		if p, ok := pattern(o); ok {
			r.re = append(r.re, regexp.MustCompile(p)) // validated
		} else {
			r.exact = append(r.exact, normalOrigin(o))
		}
	}
	return r, nil
}

// normalOrigin drops a default port: browsers never send it, configurations often have it.
func normalOrigin(o string) string {
	o = strings.ToLower(strings.TrimSuffix(o, "/"))
	switch {
	case strings.HasPrefix(o, "http://"):
		return strings.TrimSuffix(o, ":80")
	case strings.HasPrefix(o, "https://"):
		return strings.TrimSuffix(o, ":443")
	}
	return o
}

// header sets the headers that every answer has, refusals and upgrades included.
func (c *cors) header(h http.Header, r *http.Request) {
	if len(c.Origins) == 0 {
		return
	}
	origin := r.Header.Get("Origin")
	switch {
	case c.any:
		h.Set("Access-Control-Allow-Origin", "*")
	case len(c.exact) == 1 && len(c.re) == 0 && normalOrigin(origin) != c.exact[0]:
		// As the original: a single origin is said even to others, who then see that it is not theirs.
		h.Set("Access-Control-Allow-Origin", c.Origins[0])
		h.Add("Vary", "Origin")
	default:
		h.Add("Vary", "Origin")
		if !c.allows(origin) {
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
	}
	if c.Credentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	if len(c.ExposedHeaders) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(c.ExposedHeaders, ","))
	}
}

func (c *cors) allows(origin string) bool {
	return origin != "" && (slices.Contains(c.exact, normalOrigin(origin)) ||
		slices.ContainsFunc(c.re, func(re *regexp.Regexp) bool { return re.MatchString(origin) }))
}

// preflight answers an OPTIONS request; false if it is not ours to answer.
func (c *cors) preflight(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodOptions || len(c.Origins) == 0 {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", strings.Join(c.Methods, ","))
	if len(c.AllowedHeaders) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.Join(c.AllowedHeaders, ","))
	} else if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Add("Vary", "Access-Control-Request-Headers")
		h.Set("Access-Control-Allow-Headers", asked)
	}
	if c.MaxAge > 0 {
		h.Set("Access-Control-Max-Age", fmt.Sprint(c.MaxAge))
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}

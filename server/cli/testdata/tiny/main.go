// Command tiny is a server with two parts, for tests: an example of a program with an assembly of its own.
package main

import (
	"context"
	"net/http"
	"os"

	"madang/server"
	"madang/server/cli"
	"madang/server/echoconfig"
)

// jwt is the settings of a guard.
type jwt struct {
	Secret string `doc:"Signs tokens."`
}

// pages are the settings of the other part.
type pages struct {
	Greeting string `doc:"What / says."`
}

// site answers requests.
type site struct{ greeting string }

// Routes implements server.Router.
func (s *site) Routes() map[string]http.Handler {
	return map[string]http.Handler{"GET /{$}": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(s.greeting))
	})}
}

// Hints implements server.Hinter.
func (s *site) Hints(url, token string) []string { return []string{"open " + url + "/ with " + token} }

func main() {
	a := server.Assembly{
		Name: "tiny",
		Parts: []server.Part{server.WebPart("jwt", func() jwt { return jwt{} },
			func(context.Context, *server.Site, jwt) (int, error) { return 0, server.ErrOff },
			server.Section("auth.jwt"), server.Develop(func(c *jwt, secret func() string) {
				if c.Secret == "" {
					c.Secret = secret()
				}
			})),
			server.WebPart("pages", func() pages { return pages{Greeting: "hello"} },
				func(_ context.Context, _ *server.Site, c pages) (*site, error) { return &site{c.Greeting}, nil }),
		},
		Token: func(set *server.Settings, r server.TokenRequest) (string, error) {
			c, err := server.SectionOf[jwt](set)
			if err != nil {
				return "", err
			}
			return r.User + "." + c.Secret, nil
		},
		EchoConfig: func(file string, env []string) (*server.Layer, error) {
			c, err := echoconfig.ReadFile(file, env)
			if err != nil {
				return nil, err
			}
			level := map[bool]string{true: "debug", false: "info"}[c.DevMode]
			return &server.Layer{Values: []server.Value{
				{Key: "listen", Text: c.Listen(), Origin: c.Origin("port")},
				{Key: "log.level", Text: level, Origin: c.Origin("devMode")},
				{Key: "drain.grace", Text: "0s", Origin: "tiny"},
				{Key: "drain.spread", Text: "0s", Origin: "tiny"},
			}}, nil
		},
	}
	os.Exit(cli.Main(a, cli.Commands()))
}

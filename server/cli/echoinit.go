package cli

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"madang/server/echoconfig"
)

// echoInit is the command that creates a configuration file. What a flag says is not asked.
type echoInit struct {
	echoFile
	NoInteraction bool `short:"n" help:"Ask nothing: take the defaults for what no flag says."`
	Force         bool `help:"Replace a file that is there."`

	DevMode      *bool   `help:"Run in development mode." negatable:""`
	Port         *string `help:"Port to serve from." placeholder:"PORT"`
	AuthHost     *string `help:"Address of the Laravel app." placeholder:"URL"`
	RedisHost    *string `help:"Host of Laravel's Redis." placeholder:"HOST"`
	RedisPort    *string `help:"Port of Laravel's Redis." placeholder:"PORT"`
	KeyPrefix    *string `help:"Laravel's database.redis.options.prefix." placeholder:"TEXT"`
	Protocol     *string `help:"http or https." placeholder:"NAME"`
	SSLCertPath  *string `help:"Certificate for https." placeholder:"FILE"`
	SSLKeyPath   *string `help:"Key for https." placeholder:"FILE"`
	AddClient    *bool   `help:"Make an id and a key for the HTTP interface." negatable:""`
	CorsAllow    *bool   `help:"Let pages of another origin use the HTTP interface." negatable:""`
	AllowOrigin  *string `help:"That origin." placeholder:"URL"`
	AllowMethods *string `help:"Methods that it may use." placeholder:"LIST"`
	AllowHeaders *string `help:"Headers that it may send." placeholder:"LIST"`
}

// Run asks and writes.
func (e *echoInit) Run(c *Context) error {
	name := e.path(c)
	if _, err := os.Lstat(name); err == nil && !e.Force {
		return fmt.Errorf("%s is already there; change it by hand, or replace it with --force", name)
	}
	q := &questions{context: c, silent: e.NoInteraction}
	if c.Stdin != nil {
		q.in = bufio.NewReader(c.Stdin)
	}
	a := e.answers(q)
	if q.err != nil {
		return q.err
	}
	text := echoconfig.New(a).Bytes()
	if _, err := echoconfig.Read(echoconfig.Source{Name: filepath.Base(name), File: text}); err != nil {
		return &usageError{fmt.Errorf("nothing was written, because some answers cannot be obeyed:\n%w", err)}
	}
	if err := os.WriteFile(name, text, 0o600); err != nil { // it may hold a key
		return err
	}
	if a.Client != nil {
		fmt.Fprintf(c.Stdout, "appId: %s\nkey: %s\n", a.Client.AppID, string(a.Client.Key))
	}
	start := c.echoCommand() + " start"
	if name != echoconfig.FileName {
		start += " --config=" + name
	}
	fmt.Fprintf(c.Stdout, "Configuration file saved. Run %s to run server.\n", start)
	return nil
}

// answers asks in the order of laravel-echo-server. It does not ask for a database, since there is none to choose, but for
// Redis, and for the prefix without which no event arrives.
func (e *echoInit) answers(q *questions) echoconfig.Answers {
	a := echoconfig.DefaultAnswers()
	a.DevMode = q.yes(e.DevMode, "Do you want to run this server in development mode?")
	a.Port = q.text(e.Port, "Which port would you like to serve from?", a.Port)
	a.RedisHost = q.text(e.RedisHost, "Enter the host of the Redis that Laravel publishes in.", "127.0.0.1")
	a.RedisPort = q.text(e.RedisPort, "Enter its port.", "6379")
	a.KeyPrefix = q.text(e.KeyPrefix, "Which prefix does Laravel use there (database.redis.options.prefix)?", a.KeyPrefix)
	a.AuthHost = q.text(e.AuthHost, "Enter the host of your Laravel authentication server.", a.AuthHost)
	protocol := q.text(e.Protocol, "Will you be serving on http or https?", "http")
	if protocol != "http" && protocol != "https" {
		q.fail(fmt.Errorf("the protocol is http or https, not %q", protocol))
	}
	if a.HTTPS = protocol == "https"; a.HTTPS {
		a.CertPath = q.text(e.SSLCertPath, "Enter the path to your SSL cert file.", "")
		a.KeyPath = q.text(e.SSLKeyPath, "Enter the path to your SSL key file.", "")
	}
	if q.yes(e.AddClient, "Do you want to generate a client ID/Key for HTTP API?") {
		a.Client = q.client()
	}
	if a.CORS = q.yes(e.CorsAllow, "Do you want to setup cross domain access to the API?"); a.CORS {
		a.AllowOrigin = q.text(e.AllowOrigin, "Specify the URI that may access the API:", a.AllowOrigin)
		a.AllowMethods = q.text(e.AllowMethods, "Enter the HTTP methods that are allowed for CORS:", a.AllowMethods)
		a.AllowRequestHeaders = q.text(e.AllowHeaders, "Enter the HTTP headers that are allowed for CORS:", a.AllowRequestHeaders)
	}
	return a
}

// questions asks somebody, or takes the defaults. After an error it asks no more.
type questions struct {
	context *Context
	in      *bufio.Reader // nil: nobody is there
	silent  bool
	err     error
}

func (q *questions) fail(err error) { q.err = cmp.Or(q.err, error(&usageError{err})) }

// text returns what is given, or what is typed, or the usual answer for an empty line.
func (q *questions) text(given *string, question, usual string) string {
	if given != nil {
		return *given
	}
	if q.silent || q.err != nil {
		return usual
	}
	out := q.context.Stdout
	fmt.Fprintf(out, "%s ", question)
	if usual != "" {
		fmt.Fprintf(out, "(%s) ", usual)
	}
	line, err := "", io.EOF
	if q.in != nil {
		line, err = q.in.ReadString('\n')
	}
	if err != nil && line == "" {
		fmt.Fprintln(out)
		q.fail(errors.New("nobody answers; give flags, and --no-interaction for the defaults"))
		return usual
	}
	return cmp.Or(strings.TrimSpace(line), usual)
}

// yes asks for y or n; the usual answer is no.
func (q *questions) yes(given *bool, question string) bool {
	if given != nil {
		return *given
	}
	switch answer := strings.ToLower(q.text(nil, question, "y/N")); answer {
	case "y", "yes", "예", "네":
		return true
	case "n", "no", "y/n", "아니오":
		return false
	default:
		q.fail(fmt.Errorf("%q is neither y nor n", answer))
		return false
	}
}

// client makes a client.
func (q *questions) client() *echoconfig.Client {
	id, err := echoconfig.NewID(rand.Reader)
	if err != nil {
		q.fail(err)
	}
	key, err := echoconfig.NewKey(rand.Reader)
	if err != nil {
		q.fail(err)
	}
	return &echoconfig.Client{AppID: id, Key: echoconfig.Secret(key)}
}

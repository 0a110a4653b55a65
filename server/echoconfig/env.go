package echoconfig

import (
	"cmp"
	"slices"
	"strings"

	"madang/internal/config"
)

// envPrefix begins the variables of laravel-echo-server.
const envPrefix = "LARAVEL_ECHO_SERVER_"

// A variable goes over a key.
type variable struct{ name, key string }

// variables are those of laravel-echo-server 1.6, in the order in which it applies them.
func variables() []variable {
	return []variable{
		{"AUTH_HOST", "authHost"},
		{"DEBUG", "devMode"},
		{"HOST", "host"},
		{"PORT", "port"},
		{"REDIS_HOST", "databaseConfig.redis.host"},
		{"REDIS_PORT", "databaseConfig.redis.port"},
		{"REDIS_PASSWORD", "databaseConfig.redis.password"},
		{"PROTO", "protocol"},
		{"SSL_CERT", "sslCertPath"},
		{"SSL_KEY", "sslKeyPath"},
		{"SSL_CHAIN", "sslCertChainPath"},
		{"SSL_PASS", "sslPassphrase"},
	}
}

// An env is the environment of the process over the .env file, as dotenv lays it.
type env struct{ process, file map[string]string }

func newEnv(src Source) env {
	e := env{process: map[string]string{}, file: parseDotEnv(src.DotEnv)}
	for _, pair := range src.Env {
		if name, value, ok := strings.Cut(pair, "="); ok {
			e.process[name] = value
		}
	}
	return e
}

// get returns a value and where it is from.
func (e env) get(name string) (value, origin string) {
	if v, ok := e.process[name]; ok {
		return v, "env " + name
	}
	if v, ok := e.file[name]; ok {
		return v, ".env: " + name
	}
	return "", ""
}

// expand replaces each ${NAME}, once: what a value brings is not expanded again.
func (e env) expand(value string) (expanded, missing string) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(value, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			b.WriteString(value)
			return b.String(), missing
		}
		v, _ := e.get(name)
		if v == "" {
			missing = cmp.Or(missing, name)
		}
		b.WriteString(before + v)
		value = after
	}
}

// overlay puts the variables over the values of the file.
func (r *reader) overlay(root *node, src Source) {
	e := newEnv(src)
	var known []string
	for _, v := range variables() {
		known = append(known, envPrefix+v.name)
		value, origin := e.get(envPrefix + v.name)
		if value == "" {
			continue
		}
		n := &node{kind: isText, origin: origin}
		var missing string
		if n.text, missing = e.expand(value); missing != "" {
			r.warn(n, v.key, "names the variable %s, which is empty; the value of the file is used", missing)
			continue
		}
		r.put(root, v.key, n)
	}
	r.unknownVariables(e, known)
}

// put sets the value of a path and makes the objects on the way.
func (r *reader) put(root *node, path string, value *node) {
	at := root
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		next := at.find(name)
		if next == nil || next.kind == isNull {
			next = &node{kind: isObject, line: at.line}
			at.set(name, next)
		}
		if next.kind != isObject {
			r.warn(value, path, "is ignored, because %s in the file is no object", name)
			return
		}
		at = next
	}
	at.set(names[len(names)-1], value)
}

// unknownVariables warns of misspelt names. Those that container platforms make for a service called laravel-echo-server
// are none.
func (r *reader) unknownVariables(e env, known []string) {
	var names []string
	for _, from := range []map[string]string{e.process, e.file} {
		for name := range from {
			rest, ours := strings.CutPrefix(name, envPrefix)
			if ours && !slices.Contains(known, name) && !slices.Contains(names, name) &&
				!strings.HasPrefix(rest, "SERVICE_") && !strings.HasPrefix(rest, "PORT_") {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	for _, name := range names {
		hint := ""
		if best := config.Nearest(name, known); best != "" {
			hint = "; did you mean " + best + "?"
		}
		_, origin := e.get(name)
		r.warn(&node{origin: origin}, "", "is ignored, there is no such variable%s", hint)
	}
}

//go:build unix

package standard_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// echoFolder makes a project of laravel-echo-server with a file of its tests, or a text.
func echoFolder(t *testing.T, text string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if strings.HasSuffix(text, ".json") {
		b, err := os.ReadFile(filepath.Join("..", "echoconfig", "testdata", "read", text))
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	if err := os.WriteFile(filepath.Join(dir, "laravel-echo-server.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestEchoConfig reads files of laravel-echo-server as they are and shows which settings they make, with where each is from.
func TestEchoConfig(t *testing.T) {
	for _, c := range []struct {
		file, want string
		warnings   []string
	}{
		{"post.json", `
listen: :6001 # port
apps: [{id: 12ab34cd56ef7890, echo_key: '***', client_event_rate: 1000, max_event: 1048576, max_members: 100000, max_member: 65536}] # clients
level: debug # devMode
auth_host: ['http://shop.test'] # authHost
auth_endpoint: /broadcasting/auth # authEndpoint
origins: [/.*/] # default of socketio.origins
credentials: true # default of socketio.origins
max_disconnection_duration: 2m # default of socketio.connectionStateRecovery
root: true # default of GET /
allow: true # apiOriginAllow.allowCors
origin: http://127.0.0.1:3000 # apiOriginAllow.allowOrigin
methods: GET, POST # apiOriginAllow.allowMethods
allowed_headers: Origin, Content-Type, X-Requested-With, Accept, Authorization, X-CSRF-TOKEN, X-Socket-Id # apiOriginAllow.allowHeaders
url: redis://redis:6380 # databaseConfig.redis.host
addresses: [] # databaseConfig.redis.host
enabled: false # default of databaseConfig.redis.tls
prefixes: [laravel_database_] # databaseConfig.redis.keyPrefix
`, []string{"secureOptions: has no effect"}},
		{"init.json", `
listen: :6001 # port
apps: [{id: app1, client_event_rate: 1000, max_event: 1048576, max_members: 100000, max_member: 65536}] # clients
auth_host: ['http://localhost'] # authHost
auth_endpoint: /broadcasting/auth # authEndpoint
origins: [/.*/] # default of socketio.origins
credentials: true # default of socketio.origins
max_disconnection_duration: 2m # default of socketio.connectionStateRecovery
root: true # default of GET /
url: redis://localhost:6379 # default of databaseConfig.redis.host
addresses: [] # default of databaseConfig.redis.host
enabled: false # default of databaseConfig.redis.tls
prefixes: [""] # default of databaseConfig.redis.keyPrefix
`, []string{"databaseConfig.redis.keyPrefix: is empty"}},
		{"everything.json", `
listen: 127.0.0.1:6001 # host
apps: [{id: one, echo_key: '***', echo_aliases: {"2": '***'}, client_event_rate: 1000, max_event: 1048576, max_members: 100000, max_member: 65536}] # clients
cert: cert.pem # sslCertPath
key: key.pem # sslKeyPath
chain: chain.pem # sslCertChainPath
passphrase: '***' # sslPassphrase
level: debug # devMode
auth_host: ['http://a.test', .example.com, 'b.test:8000', 'https://c.test'] # authHost
auth_endpoint: /api/auth # authEndpoint
auth_host: ['http://a.test', .example.com, 'b.test:8000', 'https://c.test'] # authHost
hook_endpoint: /broadcasting/hook # hookEndpoint
path: /live # socketio.path
ping_interval: 10s # socketio.pingInterval
ping_timeout: 5s # socketio.pingTimeout
max_payload: 100000 # socketio.maxHttpBufferSize
transports: [websocket] # socketio.transports
allow_upgrades: false # socketio.allowUpgrades
http_compression: false # socketio.httpCompression
per_message_deflate: true # socketio.perMessageDeflate
name: "" # socketio.cookie
origins: ['https://a.test:443', 'http://b.test'] # socketio.origins
credentials: true # socketio.origins
origins: ['https://a.test:443', 'http://b.test'] # socketio.origins
max_disconnection_duration: 2m # default of socketio.connectionStateRecovery
serve_client: false # socketio.serveClient
root: true # default of GET /
allow: true # apiOriginAllow.allowCors
origin: '*' # apiOriginAllow.allowOrigin
methods: "" # default of apiOriginAllow.allowMethods
allowed_headers: "" # default of apiOriginAllow.allowHeaders
headers: {X-Number: "5", X-Robots-Tag: none} # headers
url: "" # default of subscribers.redis
addresses: [] # default of subscribers.redis
`, []string{"publishPresence: has no effect with the database sqlite", "subscribers.redis: is not there", "did you mean pingInterval?"}},
		{`{"databaseConfig": {"redis": {"sentinels": [{"host": "s1"}, {"host": "s2", "port": 5}], "name": "m", "sentinelPassword": "hush",
			"password": "hush", "keyPrefix": "k"}}, "clients": [{"appId": "a", "key": "hush"}], "subscribers": {"redis": true}}`, `
listen: :6001 # default of port
apps: [{id: a, echo_key: '***', client_event_rate: 1000, max_event: 1048576, max_members: 100000, max_member: 65536}] # clients
auth_host: ['http://localhost'] # default of authHost
auth_endpoint: /broadcasting/auth # default of authEndpoint
origins: [/.*/] # default of socketio.origins
credentials: true # default of socketio.origins
max_disconnection_duration: 2m # default of socketio.connectionStateRecovery
root: true # default of GET /
read_only: true # default of subscribers.http
url: "" # databaseConfig.redis.sentinels
addresses: ['s1:26379', 's2:5'] # databaseConfig.redis.sentinels
master: m # databaseConfig.redis.name
password: '***' # databaseConfig.redis.password
sentinel_password: '***' # databaseConfig.redis.sentinelPassword
enabled: false # default of databaseConfig.redis.tls
sentinels: false # default of databaseConfig.redis.sentinelTLS
prefixes: [k] # databaseConfig.redis.keyPrefix
`, []string{"subscribers.http: is not there"}},
		{`{"databaseConfig": {"redis": {}, "publishPresence": true}, "subscribers": {"http": true, "redis": false}}`, `
listen: :6001 # default of port
apps: [{id: app1, client_event_rate: 1000, max_event: 1048576, max_members: 100000, max_member: 65536}] # default of clients
auth_host: ['http://localhost'] # default of authHost
auth_endpoint: /broadcasting/auth # default of authEndpoint
origins: [/.*/] # default of socketio.origins
credentials: true # default of socketio.origins
max_disconnection_duration: 2m # default of socketio.connectionStateRecovery
root: true # default of GET /
url: redis://localhost:6379 # default of databaseConfig.redis.host
addresses: [] # default of databaseConfig.redis.host
enabled: false # default of databaseConfig.redis.tls
prefixes: [""] # default of databaseConfig.redis.keyPrefix
publish_presence: true # databaseConfig.publishPresence
publish_only: true # subscribers.redis
`, nil},
		{`{"databaseConfig": {"redis": {"path": "/run/redis/a b.sock", "username": "u", "password": "hush", "keyPrefix": "k", "tls": {}}}}`, `
listen: :6001 # default of port
apps: [{id: app1, client_event_rate: 1000, max_event: 1048576, max_members: 100000, max_member: 65536}] # default of clients
auth_host: ['http://localhost'] # default of authHost
auth_endpoint: /broadcasting/auth # default of authEndpoint
origins: [/.*/] # default of socketio.origins
credentials: true # default of socketio.origins
max_disconnection_duration: 2m # default of socketio.connectionStateRecovery
root: true # default of GET /
url: unix:///run/redis/a%20b.sock # databaseConfig.redis.path
addresses: [] # databaseConfig.redis.path
username: u # databaseConfig.redis.username
password: '***' # databaseConfig.redis.password
enabled: true # databaseConfig.redis.tls
prefixes: [k] # databaseConfig.redis.keyPrefix
`, nil},
	} {
		status, out, errs := command(t, echoFolder(t, c.file), nil, "config", "show", "--echo-config", "laravel-echo-server.json")
		var got strings.Builder
		for line := range strings.Lines(out) {
			if setting, from, ok := strings.Cut(line, " # laravel-echo-server.json: "); ok {
				fmt.Fprintf(&got, "%s # %s", strings.TrimSpace(setting), from)
			}
		}
		if status != 0 || got.String() != c.want[1:] {
			t.Errorf("%s: %d %s\ngot\n%s\nwant\n%s", c.file, status, errs, got.String(), c.want)
		}
		for _, w := range c.warnings {
			if !strings.Contains(errs, w) {
				t.Errorf("%s: no warning %q in %s", c.file, w, errs)
			}
		}
		if strings.Contains(out+errs, "hush") {
			t.Errorf("%s: a secret is shown", c.file)
		}
	}
	dir := echoFolder(t, "post.json")
	configure(t, dir, "web: {enabled: false}\nlisten: 127.0.0.1:1")
	status, out, _ := command(t, dir, nil, "config", "check", "--echo-config", "laravel-echo-server.json", "--config", "madang.yaml")
	if status != 0 || out != "ok: laravel-echo-server.json over madang.yaml\n" {
		t.Errorf("check: %d %s", status, out)
	}
	status, out, _ = command(t, dir, []string{"MADANG_LISTEN=127.0.0.1:2"}, "config", "show", "--echo-config", "laravel-echo-server.json")
	if status != 0 || !strings.Contains(out, "listen: 127.0.0.1:2 # env MADANG_LISTEN\n") || !strings.Contains(out, "enabled: false # madang.yaml:2\n") {
		t.Errorf("the environment over the file over madang.yaml: %d %s", status, out)
	}
	status, _, errs := command(t, echoFolder(t, "wrong.json"), nil, "serve", "--echo-config", "laravel-echo-server.json")
	if status != 2 || !strings.Contains(errs, `madang: laravel-echo-server.json:10: protocol: "htps" is neither http nor https; did you mean https?`) {
		t.Errorf("%d %s", status, errs)
	}
}

// echoServe starts the program in dir with a configuration file that says where to listen.
func echoServe(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(program(), args...)}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = dir, environment("MADANG_DRAIN_GRACE=0s", "MADANG_DRAIN_SPREAD=0s"), &p.errors
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !p.ended {
			p.kill(t)
		}
	})
	p.out = bufio.NewReader(out)
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.ended = true
		t.Fatalf("%v: %v\n%s", err, p.cmd.Wait(), p.errors.String())
	}
	p.url = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	return p
}

// unusedPort returns a port on which nobody listens at the moment.
func unusedPort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().(*net.TCPAddr).Port
}

// TestEchoConfigServes runs with nothing but a laravel-echo-server.json, in which there is everything but a Redis.
func TestEchoConfigServes(t *testing.T) {
	port := unusedPort(t)
	dir := echoFolder(t, fmt.Sprintf(`{
		"authHost": "http://127.0.0.1:%d", "clients": [{"appId": "shop", "key": "shop-key"}, {"appId": "branch", "key": "branch-key"}],
		"databaseConfig": {"redis": {"host": "127.0.0.1", "port": "%d", "keyPrefix": "laravel_database_"}},
		"host": "127.0.0.1", "port": "%d/", "secureOptions": 1, "socketio": {"pingInterval": 7000},
		"apiOriginAllow": {"allowCors": true, "allowOrigin": "https://page.test", "allowMethods": "GET, POST", "allowHeaders": "Authorization"}
	}`, unusedPort(t), unusedPort(t), port))
	for _, args := range [][]string{{"serve", "--echo-config", "laravel-echo-server.json"}, {"echo", "start"}} {
		p := echoServe(t, dir, args...)
		if want := fmt.Sprintf("http://127.0.0.1:%d", port); p.url != want {
			t.Errorf("listens on %s, want %s", p.url, want)
		}
		a := get(t, p.url+"/socket.io/?EIO=3&transport=polling")
		if a.status != 200 || !strings.Contains(a.body, `"pingInterval":7000`) {
			t.Errorf("Socket.IO: %d %s", a.status, a.body)
		}
		if a := get(t, p.url+"/socket.io/socket.io.js"); a.status != 200 {
			t.Errorf("the client library: %d", a.status)
		}
		event := `{"name": "order.shipped", "channel": "orders", "data": {"id": 7}}`
		status, header, text := post(t, p.url+"/apps/shop/events?auth_key=shop-key", event)
		if status != 200 || text != `{"message":"ok"}` || header.Get("Access-Control-Allow-Origin") != "https://page.test" {
			t.Errorf("an event: %d %s %v", status, text, header)
		}
		if status, _, text := post(t, p.url+"/apps/shop/events?auth_key=other", event); status != 403 || text != `{"error":"Unauthorized"}` {
			t.Errorf("an event with a wrong key: %d %s", status, text)
		}
		if status, _, text := post(t, p.url+"/apps/branch/events?auth_key=branch-key", event); status != 200 || text != `{"message":"ok"}` {
			t.Errorf("an event of another client: %d %s", status, text)
		}
		if a := get(t, p.url+"/apps/shop/channels?auth_key=shop-key"); a.status != 200 || strings.TrimSpace(a.body) != `{"channels":{}}` {
			t.Errorf("channels: %d %s", a.status, a.body)
		}
		if a := get(t, p.url); a.status != 200 || a.body != "OK" {
			t.Errorf("the root: %d %s", a.status, a.body)
		}
		if a := request(t, p.url, func(r *http.Request) { r.Header.Set("Accept", "text/html") }); !strings.Contains(a.body, "<html") {
			t.Errorf("the root in a browser: %d %s", a.status, a.body)
		}
		if a := get(t, p.url+"/v1/me"); a.status != 401 { // the chat is there, and it is guarded
			t.Errorf("the chat: %d %s", a.status, a.body)
		}
		p.stop(t)
		if log := p.errors.String(); !strings.Contains(log, "secureOptions: has no effect") {
			t.Errorf("log %s", log)
		}
	}
	// The secret for the chat's tokens was made once and is kept.
	if status, out, errs := command(t, dir, nil, "token", "--user", "ann", "--echo-config", "laravel-echo-server.json"); status != 0 || strings.Count(out, ".") != 2 {
		t.Errorf("token: %d %s %s", status, out, errs)
	}
}

// post sends JSON.
func post(t *testing.T, url, body string) (int, http.Header, string) {
	t.Helper()
	answer, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, strings.TrimSpace(string(text))
}

// TestEchoConfigOverTLS serves with a key that has a passphrase, to a client that needs the chain.
func TestEchoConfigOverTLS(t *testing.T) {
	files, err := filepath.Abs(filepath.Join("..", "testdata", "tls"))
	if err != nil {
		t.Fatal(err)
	}
	dir := echoFolder(t, fmt.Sprintf(`{
		"protocol": "https", "host": "127.0.0.1", "port": %d, "subscribers": {"http": true, "redis": false},
		"sslCertPath": "%[2]s/cert.pem", "sslKeyPath": "%[2]s/pkcs8-aes256.pem", "sslCertChainPath": "%[2]s/chain.pem",
		"sslPassphrase": "${file}"
	}`, unusedPort(t), files))
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("OURS='correct horse'\nLARAVEL_ECHO_SERVER_SSL_PASS=${OURS}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.ReadFile(filepath.Join(files, "root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	p := echoServe(t, dir, "echo", "start")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
	answer, err := client.Get(p.url + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != 200 || !regexp.MustCompile(`^https://127\.0\.0\.1:\d+$`).MatchString(p.url) {
		t.Errorf("%s: %s", p.url, answer.Status)
	}
	p.stop(t)
	if strings.Contains(p.errors.String(), "correct horse") {
		t.Error("the passphrase is in the log")
	}
}

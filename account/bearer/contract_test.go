package bearer

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"madang/account"
	"madang/account/signin"
	"madang/account/words"
)

// A row is one line of the contract: a request of somebody who is in some state, and the answer.
type row struct {
	name, method, path string
	body               any
	headers            []string
	status             int
	// body is the answer; {token} stands for a JSON Web Token, {refresh} for a refresh token, {program} for an API token.
	want string
	// header is one that the answer has, "Name: value"; several lines are several.
	header string
}

// tokensFor are what the rows show: of a person who is 1, and who has a token of every kind.
type shownTokens struct{ login, old, expired, ended, access, program, ably, refresh string }

const (
	userJSON = `{"id":1,"name":"Kim","email":"kim@example.com","email_verified_at":"2026-11-22T16:00:00.000000Z","created_at":"2026-11-22T16:00:00.000000Z","updated_at":"2026-11-22T16:00:00.000000Z"}`
	noUser   = `{"message":"Unauthenticated."}`
	newLogin = `{"access_token":"{token}","token_type":"bearer","expires_in":3600}`
	badLogin = `{"error":"Unauthorized"}`
	limited  = "X-Ratelimit-Limit: 5\nX-Ratelimit-Remaining: 4"
)

func prepare(s *site) shownTokens {
	s.add("kim@example.com")
	var k shownTokens
	k.expired = s.login("kim@example.com")
	s.pass(2 * time.Hour)
	k.old = s.text(s.send("POST", "/api/auth/login", form{"email": "kim@example.com", "password": word}), 200, "access_token")
	k.login = s.text(s.send("POST", "/api/auth/refresh", nil, bearerOf(k.old)...), 200, "access_token")
	ended := s.grant("kim@example.com")
	k.ended = s.sign(ended.SignedIn, UseLogin, ended.Next)
	good(s.t, s.service.Logout(s.ctx(), visitor(), ended.SignedIn))
	g := s.grant("kim@example.com")
	k.access, k.refresh = s.sign(g.SignedIn, UseAccess, ""), g.Refresh()
	k.program = s.apiToken("kim@example.com", "read")
	k.ably = s.sign(s.grant("kim@example.com").SignedIn, UseAbly, "")
	s.factor(s.add("lee@example.com"))
	s.pass(-2 * time.Minute) // factor lets time pass
	return k
}

func jwtAuthRows(k shownTokens) []row {
	email := form{"email": "kim@example.com", "password": word}
	with := func(more ...any) form {
		f := form{"email": "kim@example.com", "password": word}
		for i := 0; i+1 < len(more); i += 2 {
			f[more[i].(string)] = more[i+1]
		}
		return f
	}
	return []row{
		{"login", "POST", "/api/auth/login", email, nil, 200, newLogin, limited + "\nCache-Control: no-store, private\nAccess-Control-Allow-Origin: *"},
		{"login by form", "POST", "/api/auth/login", url.Values{"email": {"KIM@example.com"}, "password": {word}}, nil, 200, newLogin, ""},
		{"wrong password", "POST", "/api/auth/login", with("password", "wrong"), nil, 401, badLogin, limited},
		{"unknown address", "POST", "/api/auth/login", with("email", "nobody@example.com"), nil, 401, badLogin, limited},
		{"no password", "POST", "/api/auth/login", form{"email": "kim@example.com"}, nil, 401, badLogin, ""},
		{"nothing", "POST", "/api/auth/login", nil, nil, 401, badLogin, ""},
		{"lists for texts", "POST", "/api/auth/login", form{"email": []string{"kim@example.com"}, "password": true}, nil, 401, badLogin, ""},
		{"broken JSON", "POST", "/api/auth/login", `{"email":`, nil, 401, badLogin, ""},
		{"no code", "POST", "/api/auth/login", with("email", "lee@example.com"), nil, 401,
			`{"error":"two_factor_required","message":"The password is right. Send it again with a code, or with a recovery_code."}`, limited},
		{"login by GET", "GET", "/api/auth/login", nil, nil, 405, ``, "Allow: POST"},
		{"me", "GET", "/api/auth/me", nil, bearerOf(k.login), 200, userJSON, "Content-Type: application/json"},
		{"me by POST", "POST", "/api/auth/me", nil, bearerOf(k.login), 200, userJSON, ""},
		{"user", "GET", "/api/auth/user", nil, bearerOf(k.login), 200, userJSON, ""},
		{"user with an access token", "GET", "/api/auth/user", nil, bearerOf(k.access), 200, userJSON, ""},
		{"me, in the address", "GET", "/api/auth/me?token=" + k.login, nil, nil, 200, userJSON, ""},
		{"me, in the body", "POST", "/api/auth/me", form{"token": k.login}, nil, 200, userJSON, ""},
		{"me, in a cookie", "POST", "/api/auth/me", nil, []string{"Cookie", "token=" + k.login}, 200, userJSON, ""},
		{"me, the header first", "GET", "/api/auth/me?token=" + k.login, nil, bearerOf(k.expired), 401, noUser, ""},
		{"me, another scheme", "GET", "/api/auth/me?token=" + k.login, nil, []string{"Authorization", "Basic eDp5"}, 200, userJSON, ""},
		{"me, small letters", "GET", "/api/auth/me", nil, []string{"Authorization", "bearer " + k.login + ", Basic eDp5"}, 200, userJSON, ""},
		{"me, nothing", "GET", "/api/auth/me", nil, nil, 401, noUser, ""},
		{"me, expired", "GET", "/api/auth/me", nil, bearerOf(k.expired), 401, noUser, ""},
		{"me, exchanged", "GET", "/api/auth/me", nil, bearerOf(k.old), 401, noUser, ""},
		{"me, signed out", "GET", "/api/auth/me", nil, bearerOf(k.ended), 401, noUser, ""},
		{"me, an API token", "GET", "/api/auth/me", nil, bearerOf(k.program), 401, noUser, ""},
		{"refresh", "POST", "/api/auth/refresh", nil, bearerOf(k.login), 200, newLogin, ""},
		{"refresh an expired one", "POST", "/api/auth/refresh", nil, bearerOf(k.expired), 200, newLogin, ""},
		{"refresh nothing", "POST", "/api/auth/refresh", nil, nil, 401, noUser, ""},
		{"refresh, exchanged", "POST", "/api/auth/refresh", nil, bearerOf(k.old), 401, noUser, ""},
		{"refresh, signed out", "POST", "/api/auth/refresh", nil, bearerOf(k.ended), 401, noUser, ""},
		{"refresh an access token", "POST", "/api/auth/refresh", nil, bearerOf(k.access), 401, noUser, ""},
		{"logout", "POST", "/api/auth/logout", nil, bearerOf(k.login), 200, `{"message":"Successfully logged out"}`, ""},
		{"logout nobody", "POST", "/api/auth/logout", nil, nil, 401, noUser, ""},
		{"logout, expired", "POST", "/api/auth/logout", nil, bearerOf(k.expired), 401, noUser, ""},
		{"too large", "POST", "/api/auth/login", form{"email": strings.Repeat("x", 1<<17)}, nil, 413, `{"message":"The POST data is too large."}`, ""},
		{"preflight", "OPTIONS", "/api/auth/login", nil, []string{"Origin", "https://app.test", "Access-Control-Request-Method", "POST"}, 204, "",
			"Access-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: GET, POST"},
		{"register", "POST", "/api/auth/register", form{"name": "Min", "email": "min@example.com", "password": word, "password_confirmation": word}, nil, 201, newLogin, ""},
	}
}

func otherRows(k shownTokens) []row {
	password := func(more ...string) url.Values {
		v := url.Values{"grant_type": {"password"}, "username": {"kim@example.com"}, "password": {word}}
		for i := 0; i+1 < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	device := func(more ...string) form {
		f := form{"email": "kim@example.com", "password": word, "device_name": "Kim's phone"}
		for i := 0; i+1 < len(more); i += 2 {
			f[more[i]] = more[i+1]
		}
		return f
	}
	return []row{
		{"/api/user", "GET", "/api/user", nil, bearerOf(k.login), 200, userJSON, ""},
		{"/api/user, API token", "GET", "/api/user", nil, bearerOf(k.program), 200, userJSON, ""},
		{"/api/user, Ably's", "GET", "/api/user", nil, bearerOf(k.ably), 200, userJSON, ""},
		{"/api/user, nobody", "GET", "/api/user", nil, nil, 401, noUser, ""},
		{"/api/user, not in the address", "GET", "/api/user?token=" + k.login, nil, nil, 401, noUser, ""},
		{"/api/user, not in a cookie", "GET", "/api/user", nil, []string{"Cookie", "token=" + k.login}, 401, noUser, ""},
		{"/api/user, wrong secret", "GET", "/api/user", nil, bearerOf("1|x"), 401, noUser, ""},
		{"/api/user by POST", "POST", "/api/user", nil, bearerOf(k.login), 405, ``, "Allow: GET, HEAD"},

		{"grant", "POST", "/api/auth/token", password(), nil, 200,
			`{"access_token":"{token}","token_type":"Bearer","expires_in":900,"refresh_token":"{refresh}"}`, limited + "\nCache-Control: no-store, private\nPragma: no-cache"},
		{"grant by JSON", "POST", "/api/auth/token", form{"grant_type": "password", "email": "kim@example.com", "password": word}, nil, 200,
			`{"access_token":"{token}","token_type":"Bearer","expires_in":900,"refresh_token":"{refresh}"}`, ""},
		{"grant for a refresh token", "POST", "/api/auth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {k.refresh}}, nil, 200,
			`{"access_token":"{token}","token_type":"Bearer","expires_in":900,"refresh_token":"{refresh}"}`, ""},
		{"grant, wrong password", "POST", "/api/auth/token", password("password", "wrong"), nil, 400,
			`{"error":"invalid_grant","error_description":"They do not sign anybody in."}`, "Pragma: no-cache"},
		{"grant, unknown address", "POST", "/api/auth/token", password("username", "nobody@example.com"), nil, 400,
			`{"error":"invalid_grant","error_description":"They do not sign anybody in."}`, ""},
		{"grant, no code", "POST", "/api/auth/token", password("username", "lee@example.com"), nil, 400,
			`{"error":"mfa_required","error_description":"The password is right. Send it again with a code, or with a recovery_code."}`, ""},
		{"grant, wrong code", "POST", "/api/auth/token", password("username", "lee@example.com", "code", "000000"), nil, 400,
			`{"error":"invalid_grant","error_description":"The code is not right, or was used before."}`, ""},
		{"grant, no password", "POST", "/api/auth/token", password("password", ""), nil, 400,
			`{"error":"invalid_request","error_description":"username and password are needed"}`, ""},
		{"grant, no type", "POST", "/api/auth/token", nil, nil, 400,
			`{"error":"invalid_request","error_description":"grant_type is missing: password or refresh_token"}`, ""},
		{"grant, other type", "POST", "/api/auth/token", password("grant_type", "client_credentials"), nil, 400,
			`{"error":"unsupported_grant_type","error_description":"grant_type can be password or refresh_token"}`, ""},
		{"grant, no refresh token", "POST", "/api/auth/token", form{"grant_type": "refresh_token"}, nil, 400,
			`{"error":"invalid_request","error_description":"refresh_token is missing"}`, ""},
		{"grant, no such refresh token", "POST", "/api/auth/token", form{"grant_type": "refresh_token", "refresh_token": "a.b"}, nil, 400,
			`{"error":"invalid_grant","error_description":"That is no refresh token."}`, ""},
		{"grant, bad refresh token", "POST", "/api/auth/token", form{"grant_type": "refresh_token", "refresh_token": "x"}, nil, 400,
			`{"error":"invalid_grant","error_description":"That is no refresh token."}`, ""},
		{"revoke a refresh token", "POST", "/api/auth/revoke", url.Values{"token": {k.refresh}}, nil, 200, ``, "Cache-Control: no-store, private"},
		{"revoke an access token", "POST", "/api/auth/revoke", url.Values{"token": {k.access}, "token_type_hint": {"access_token"}}, nil, 200, ``, ""},
		{"revoke anything", "POST", "/api/auth/revoke", url.Values{"token": {"x"}}, nil, 200, ``, ""},
		{"revoke nothing", "POST", "/api/auth/revoke", nil, nil, 400, `{"error":"invalid_request","error_description":"token is missing"}`, ""},

		{"device", "POST", "/sanctum/token", device(), nil, 200, `{program}`, "Content-Type: text/plain; charset=UTF-8"},

		{"ably login", "POST", "/auth/login", form{"email": "kim@example.com", "password": word}, nil, 200, `{"token":"{token}"}`, limited},
		{"ably login, wrong", "POST", "/auth/login", form{"email": "kim@example.com", "password": "wrong"}, nil, 401,
			`{"statusCode":401,"message":"Unauthorized"}`, limited},
		{"ably login, no code", "POST", "/auth/login", form{"email": "lee@example.com", "password": word}, nil, 401,
			`{"statusCode":401,"message":"The password is right. Send it again with a code, or with a recovery_code.","error":"two_factor_required"}`, ""},
		{"ably register", "POST", "/auth/register", form{"email": "min@example.com", "password": word}, nil, 201, `{"token":"{token}"}`, ""},
		{"re-create, nobody", "GET", "/auth/re-create", nil, nil, 403,
			`{"error":{"code":40300,"message":"Nobody is signed in; sign in again.","statusCode":403}}`, ""},
		{"re-create, expired", "GET", "/auth/re-create", nil, bearerOf(k.expired), 403,
			`{"error":{"code":40300,"message":"Nobody is signed in; sign in again.","statusCode":403}}`, ""},
		{"ably logout, nobody", "POST", "/auth/logout", nil, nil, 204, ``, ""},
	}
}

// worded are the rows whose texts differ between the profiles.
func worded(p words.Profile) []row {
	// The sentence for the whole form, and how fields are called.
	pick := func(eight, ten string) string {
		if p == words.Laravel8 {
			return eight
		}
		return ten
	}
	given := func(ten string) string { return pick("The given data was invalid.", ten) }
	const failed = "These credentials do not match our records."
	device := form{"email": "kim@example.com", "password": word, "device_name": "phone"}
	change := func(name string, v any) form {
		f := maps.Clone(device)
		f[name] = v
		return f
	}
	code := pick("The code field is required.", "The code field is required.")
	name := pick("The device name must not be greater than 255 characters.", "The device name field must not be greater than 255 characters.")
	invalid := "The provided two factor authentication code was invalid."
	return []row{
		{"login, wrong code", "POST", "/api/auth/login", form{"email": "lee@example.com", "password": word, "code": "000000"}, nil, 422,
			fmt.Sprintf(`{"message":%q,"errors":{"code":[%q]}}`, given(invalid), invalid), ""},
		{"login, wrong recovery code", "POST", "/api/auth/login", form{"email": "lee@example.com", "password": word, "recovery_code": "x"}, nil, 422,
			fmt.Sprintf(`{"message":%q,"errors":{"recovery_code":["The provided two factor recovery code was invalid."]}}`,
				given("The provided two factor recovery code was invalid.")), ""},
		{"register nothing", "POST", "/api/auth/register", nil, nil, 422,
			fmt.Sprintf(`{"message":%q,"errors":{"name":["The name field is required."],"email":["The email field is required."],"password":["The password field is required."]}}`,
				given("The name field is required. (and 2 more errors)")), ""},
		{"register, taken", "POST", "/api/auth/register", form{"name": "x", "email": "kim@example.com", "password": word, "password_confirmation": word}, nil, 422,
			fmt.Sprintf(`{"message":%q,"errors":{"email":["The email has already been taken."]}}`, given("The email has already been taken.")), ""},
		{"device, wrong password", "POST", "/sanctum/token", change("password", "wrong"), nil, 422,
			fmt.Sprintf(`{"message":%q,"errors":{"email":[%q]}}`, given(failed), failed), limited},
		{"device, no name", "POST", "/sanctum/token", change("device_name", ""), nil, 422,
			fmt.Sprintf(`{"message":%q,"errors":{"device_name":["The device name field is required."]}}`, given("The device name field is required.")), ""},
		{"device, long name", "POST", "/sanctum/token", change("device_name", strings.Repeat("x", 256)), nil, 422,
			fmt.Sprintf(`{"message":%q,"errors":{"device_name":[%q]}}`, given(name), name), ""},
		{"device, no code", "POST", "/sanctum/token", change("email", "lee@example.com"), nil, 422,
			fmt.Sprintf(`{"message":%q,"errors":{"code":[%q]}}`, given(code), code), ""},
		{"ably register, taken", "POST", "/auth/register", form{"name": "x", "email": "KIM@example.com", "password": word}, nil, 409,
			`{"statusCode":409,"message":["The email has already been taken."],"error":"Conflict"}`, ""},
		{"ably register, bad", "POST", "/auth/register", form{"email": "kim", "password": word}, nil, 400,
			fmt.Sprintf(`{"statusCode":400,"message":[%q],"error":"Bad Request"}`,
				pick("The email must be a valid email address.", "The email field must be a valid email address.")), ""},
		{"405", "GET", "/api/auth/refresh", nil, nil, 405, fmt.Sprintf(`{"message":%q}`, pick(
			"The GET method is not supported for this route. Supported methods: POST.",
			"The GET method is not supported for route api/auth/refresh. Supported methods: POST.")), "Allow: POST"},
	}
}

// TestContract plays each row against a house of its own.
func TestContract(t *testing.T) {
	for _, p := range []words.Profile{words.Laravel8, words.Laravel10} {
		probe := newSite(newHouse(t, noMail), profile(p))
		k := prepare(probe)
		n := len(jwtAuthRows(k)) + len(otherRows(k)) + len(worded(p))
		for i := range n {
			s := newSite(newHouse(t, noMail), profile(p))
			k := prepare(s)
			r := append(append(jwtAuthRows(k), otherRows(k)...), worded(p)...)[i]
			t.Run(string(p)+"/"+r.name, func(t *testing.T) { s.t = t; r.play(s) })
		}
	}
}

func (r row) play(s *site) {
	w := s.send(r.method, r.path, r.body, r.headers...)
	if w.Code != r.status {
		s.t.Fatalf("%d %s, want %d", w.Code, w.Body, r.status)
	}
	if got := w.Body.String(); !matches(got, r.want) && (r.want != "" || w.Code != http.StatusMethodNotAllowed) {
		s.t.Errorf("got  %s\nwant %s", got, r.want)
	}
	for line := range strings.SplitSeq(r.header, "\n") {
		if name, want, ok := strings.Cut(line, ": "); ok && w.Header().Get(name) != want {
			s.t.Errorf("%s: %q, want %q", name, w.Header().Get(name), want)
		}
	}
}

// matches reports whether an answer is what is wanted, placeholders filled in.
func matches(got, want string) bool {
	pattern := regexp.QuoteMeta(want)
	for name, form := range map[string]string{
		"token": `[\w-]+\.[\w-]+\.[\w-]+`, "refresh": `[\w-]{43}\.[\w-]{102}`, "program": `\d+\|[a-z2-7]{40}`,
	} {
		pattern = strings.ReplaceAll(pattern, regexp.QuoteMeta("{"+name+"}"), form)
	}
	return regexp.MustCompile("^" + pattern + "$").MatchString(got)
}

// TestJWTAuthStyle is the other way to hear that a token is no good.
func TestJWTAuthStyle(t *testing.T) {
	h := newHouse(t, noMail)
	h.tokens = h.tokensOf(h.service, func(c *Config) { c.Style = StyleJWTAuth })
	s := newSite(h)
	k := prepare(s)
	gone := s.add("gone@example.com")
	ofGone := s.login("gone@example.com")
	_, err := s.store.DeletePerson(s.ctx(), "default", gone.ID)
	good(t, err)
	s.pass(time.Minute)
	early := s.login("kim@example.com")
	s.pass(-time.Minute)
	for name, c := range map[string]struct{ raw, want string }{
		"nothing":    {"", "Token not provided"},
		"two parts":  {"a.b", "Wrong number of segments"},
		"prose":      {"a.b.c", "Malformed token"},
		"forged":     {k.login[:len(k.login)-8] + "AAAAAAAA", "Token Signature could not be verified."},
		"expired":    {k.expired, "Token has expired"},
		"early":      {early, "Not Before (nbf) timestamp cannot be in the future"},
		"for others": {s.sign(s.grant("kim@example.com").SignedIn, UseRenew, ""), "JWT payload does not contain the required claims"},
		"exchanged":  {k.old, "The token has been blacklisted"},
		"signed out": {k.ended, "The token has been blacklisted"},
		"of nobody":  {ofGone, "User not found"},
	} {
		w := s.send("GET", "/api/auth/me", nil, bearerOf(c.raw)...)
		if got := s.text(w, 401, "message"); got != c.want || w.Header().Get("WWW-Authenticate") != "jwt-auth" {
			t.Errorf("%s: %q, %q", name, got, w.Header().Get("WWW-Authenticate"))
		}
	}
	if w := s.send("GET", "/api/user", nil); w.Header().Get("WWW-Authenticate") != "" || w.Body.String() != noUser {
		t.Errorf("/api/user has a style of its own: %s", w.Body)
	}
}

func TestThrottle(t *testing.T) {
	s := newSite(newHouse(t, noMail))
	s.add("kim@example.com")
	bad := form{"email": "kim@example.com", "password": "wrong", "device_name": "x", "grant_type": "password"}
	for range 5 {
		s.send("POST", "/api/auth/login", bad)
	}
	for path, want := range map[string]string{
		"/api/auth/login": `{"message":"Too Many Attempts."}`, "/sanctum/token": `{"message":"Too Many Attempts."}`,
		"/api/auth/token": `{"error":"temporarily_unavailable","error_description":"There were too many attempts. Try again when Retry-After is over."}`,
		"/auth/login":     `{"statusCode":429,"message":"Too Many Attempts."}`,
	} {
		w := s.send("POST", path, bad)
		if w.Code != 429 || w.Body.String() != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		for name, value := range map[string]string{"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0", "Retry-After": "60"} {
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s: %s: %q", path, name, got)
			}
		}
		if w.Header().Get("X-RateLimit-Reset") == "" {
			t.Errorf("%s: no X-RateLimit-Reset", path)
		}
	}
}

func TestSecondFactor(t *testing.T) {
	s := newSite(newHouse(t, noMail))
	secret := s.factor(s.add("kim@example.com"))
	for i, c := range []struct {
		path, field string
		status      int
	}{{"/api/auth/login", "access_token", 200}, {"/api/auth/token", "refresh_token", 200}, {"/auth/login", "token", 200}} {
		body := form{"email": "kim@example.com", "password": word, "grant_type": "password", "code": s.code(secret)}
		s.text(s.send("POST", c.path, body), c.status, c.field)
		if w := s.send("POST", c.path, body); w.Code == c.status {
			t.Errorf("%d: a code is good twice", i)
		}
		s.pass(time.Minute)
	}
	if w := s.send("POST", "/sanctum/token", form{"email": "kim@example.com", "password": word, "device_name": "x", "code": s.code(secret)}); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestUserOfASession(t *testing.T) {
	h := newHouse(t, noMail)
	p := h.add("kim@example.com")
	s := newSite(h, func(o *Options) {
		o.Session = func(r *http.Request) (account.Person, error) {
			if r.Header.Get("Cookie") != "" {
				return p, nil
			}
			return account.Person{}, &signin.Refusal{Class: signin.Unauthenticated}
		}
		o.Photo = func(account.Person) string { return "https://barun.test/p/1" }
	})
	if w := s.send("GET", "/api/user", nil, "Cookie", "x=y"); w.Code != 200 || s.object(w)["profile_photo_url"] != "https://barun.test/p/1" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.send("GET", "/api/user", nil); w.Code != 401 || w.Body.String() != noUser {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	// A token that is no good is not made up for by a session.
	if w := s.send("GET", "/api/user", nil, "Cookie", "x=y", "Authorization", "Bearer x"); w.Code != 401 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// The server's own trouble is not for clients.
func TestTrouble(t *testing.T) {
	h := newHouse(t, noMail)
	h.add("kim@example.com")
	raw := h.login("kim@example.com")
	s := newSite(h, func(o *Options) {
		o.Session = func(*http.Request) (account.Person, error) {
			return account.Person{}, errors.New("the disk of db-7 is full")
		}
	})
	h.service.Store = failing{h.service.Store}
	for _, w := range []interface{ Result() *http.Response }{
		s.send("GET", "/api/auth/me", nil, bearerOf(raw)...), s.send("GET", "/api/user", nil, bearerOf(raw)...), s.send("GET", "/api/user", nil),
		s.send("POST", "/api/auth/refresh", nil, bearerOf(raw)...), s.send("POST", "/api/auth/revoke", form{"token": raw}),
		s.send("GET", "/auth/re-create", nil, bearerOf(raw)...), s.send("POST", "/auth/logout", nil, bearerOf(raw)...),
	} {
		if w.Result().StatusCode != 500 {
			t.Errorf("%d", w.Result().StatusCode)
		}
	}
}

package password

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/bcrypt"
	"pgregory.net/rapid"
)

// cheap is the least that a Config may cost, so that tests are fast.
func cheap() Config { return Config{Memory: minMemory, Passes: 5, Lanes: 1, Waiting: 10} }

func hasher(t testing.TB, c Config) *Hasher {
	t.Helper()
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHashes(t *testing.T) {
	h := hasher(t, cheap())
	h.cost = cost{memory: 16, passes: 1, lanes: 1} // what it costs is tested elsewhere
	rapid.Check(t, func(t *rapid.T) {
		password, other := rapid.String().Draw(t, "password"), rapid.String().Draw(t, "other")
		hash, err := h.Hash(t.Context(), password)
		if err != nil || len(hash) > maxHash {
			t.Fatal(hash, err)
		}
		if again, _ := h.Hash(t.Context(), password); again == hash {
			t.Fatal("two hashes have the same salt")
		}
		if ok, replace, err := h.Verify(t.Context(), hash, password); !ok || replace || err != nil {
			t.Fatal(ok, replace, err)
		}
		if ok, _, err := h.Verify(t.Context(), hash, other); ok != (other == password) || err != nil {
			t.Fatal(ok, err)
		}
	})
}

// TestImported checks hashes that PHP's password_hash has made, as Laravel stores them.
func TestImported(t *testing.T) {
	h := hasher(t, cheap())
	const password = "비밀번호 가나다"
	long := strings.Repeat("x", 80)
	for _, c := range []struct {
		name, hash, password string
		ok                   bool
	}{
		{"bcrypt", "$2y$04$g0w94irdAgivKHuzPfOrXu09amzzvZc.me3uk/ai.FTvllonvtmby", password, true},
		{"bcrypt of Node and Python", "$2b$04$g0w94irdAgivKHuzPfOrXu09amzzvZc.me3uk/ai.FTvllonvtmby", password, true},
		{"old bcrypt", "$2a$04$g0w94irdAgivKHuzPfOrXu09amzzvZc.me3uk/ai.FTvllonvtmby", password, true},
		{"another's bcrypt", "$2y$04$g0w94irdAgivKHuzPfOrXu09amzzvZc.me3uk/ai.FTvllonvtmby", password + "!", false},
		{"bcrypt sees 72 bytes", "$2y$04$vepzcqiONFq9uGDPXCtQre6i9VrHfKWxCpzxkkUnuIRaPhv1UhfV.", long, true},
		{"and as many of a longer one", "$2y$04$vepzcqiONFq9uGDPXCtQre6i9VrHfKWxCpzxkkUnuIRaPhv1UhfV.", long + "y", true},
		{"but no fewer", "$2y$04$vepzcqiONFq9uGDPXCtQre6i9VrHfKWxCpzxkkUnuIRaPhv1UhfV.", long[:71], false},
		{"argon2id", "$argon2id$v=19$m=8192,t=1,p=1$UnJ5aXdHVHNJMFFxaTN1Mw$Bmx1kMZFSWDkY1ZshNJqYPHObKL6NJ5hEcJIVFt0nEI", password, true},
		{"argon2i", "$argon2i$v=19$m=8192,t=1,p=1$bm80Q29vdVdQWm1lUzZaZA$ZIFHhELaDtvcmfXhT10+KCy1fPaVZXU7B5uRTiyePl0", password, true},
		{"argon2i taken for argon2id", "$argon2id$v=19$m=8192,t=1,p=1$bm80Q29vdVdQWm1lUzZaZA$ZIFHhELaDtvcmfXhT10+KCy1fPaVZXU7B5uRTiyePl0", password, false},
	} {
		ok, replace, err := h.Verify(t.Context(), c.hash, c.password)
		if ok != c.ok || replace != c.ok || err != nil {
			t.Errorf("%s: ok %v, replace %v, %v", c.name, ok, replace, err)
		}
	}
}

// A hash that costs more than new ones is left as it is; one that costs less is replaced.
func TestReplace(t *testing.T) {
	now := hasher(t, cheap())
	for name, c := range map[string]struct {
		config  Config
		replace bool
	}{
		"more memory":  {Config{Memory: 2 * minMemory, Passes: 5, Lanes: 1}, false},
		"more passes":  {Config{Memory: minMemory, Passes: 6, Lanes: 1}, false},
		"fewer passes": {Config{Memory: 2 * minMemory, Passes: 4, Lanes: 1}, true},
	} {
		hash, err := hasher(t, c.config).Hash(t.Context(), "secret")
		if err != nil {
			t.Fatal(err)
		}
		if ok, replace, err := now.Verify(t.Context(), hash, "secret"); !ok || replace != c.replace || err != nil {
			t.Errorf("%s: ok %v, replace %v, %v", name, ok, replace, err)
		}
	}
}

// What is stored and no hash is an error, which does not show it, and never a password that fits.
func TestBroken(t *testing.T) {
	h := hasher(t, cheap())
	const salt, key = "UnJ5aXdHVHNJMFFxaTN1Mw", "Bmx1kMZFSWDkY1ZshNJqYPHObKL6NJ5hEcJIVFt0nEI"
	for _, hash := range []string{
		"", "secret", "$", "$1$abc$def", "$2y$04$short", "$2x$04$g0w94irdAgivKHuzPfOrXu09amzzvZc.me3uk/ai.FTvllonvtmby",
		"$2y$31$g0w94irdAgivKHuzPfOrXu09amzzvZc.me3uk/ai.FTvllonvtmby", // hours
		"$2y$04$g0w94irdAgivKHuzPfOrXu09amzzvZc.me3uk/ai.FTvllonvtmbyy",
		"$argon2id$v=19$m=8192,t=1,p=1$" + salt, "$argon2id$v=16$m=8192,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=4194304,t=1,p=1$" + salt + "$" + key, // 4 GiB
		"$argon2id$v=19$m=8192,t=4294967295,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=8192,t=1,p=0$" + salt + "$" + key, "$argon2id$v=19$m=8192,t=0,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=8,t=1,p=16$" + salt + "$" + key, "$argon2id$v=19$m=08192,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=8192,t=1,p=1,x=1$" + salt + "$" + key, "$argon2id$v=19$t=1,m=8192,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=8192,t=1,p=1$" + salt + "$", "$argon2id$v=19$m=8192,t=1,p=1$$" + key,
		"$argon2id$v=19$m=8192,t=1,p=1$" + salt + "$" + key[:10], "$argon2id$v=19$m=8192,t=1,p=1$" + salt + "$" + key + "=",
		"$argon2d$v=19$m=8192,t=1,p=1$" + salt + "$" + key, strings.Repeat("$argon2id", 100),
	} {
		ok, _, err := h.Verify(t.Context(), hash, "비밀번호 가나다")
		if ok || !errors.Is(err, ErrHash) || len(hash) > 3 && strings.Contains(err.Error(), hash) {
			t.Errorf("%q: %v, %v", hash, ok, err)
		}
	}
}

func TestTooLong(t *testing.T) {
	h := hasher(t, cheap())
	most := strings.Repeat("a", MaxLength)
	hash, err := h.Hash(t.Context(), most)
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := h.Verify(t.Context(), hash, most); !ok || err != nil {
		t.Error(ok, err)
	}
	if _, err := h.Hash(t.Context(), most+"a"); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
	if ok, _, err := h.Verify(t.Context(), hash, most+"a"); ok || err != nil {
		t.Error("what is cut off is not looked at:", ok, err)
	}
}

// Only so many are made at a time, only so many wait, and who waits can go away.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cheap()
		c.Parallel, c.Waiting = 1, 2
		h := hasher(t, c)
		if err := h.enter(t.Context()); err != nil { // somebody is at work
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		results := make([]error, 2)
		for i, ctx := range []context.Context{ctx, t.Context()} {
			wg.Go(func() { _, results[i] = h.Hash(ctx, "secret") })
		}
		synctest.Wait()
		if err := h.Pretend(t.Context(), "secret"); !errors.Is(err, ErrBusy) {
			t.Errorf("a third one waits: %v", err)
		}
		cancel()
		synctest.Wait()
		h.leave()
		wg.Wait()
		if !errors.Is(results[0], context.Canceled) || results[1] != nil {
			t.Errorf("%v", results)
		}
		if h.waiting.Load() != 0 || len(h.turns) != 0 {
			t.Errorf("%d wait and %d are at work when nobody is there", h.waiting.Load(), len(h.turns))
		}
	})
}

func TestPretend(t *testing.T) {
	h := hasher(t, cheap())
	if err := h.Pretend(t.Context(), "secret"); err != nil {
		t.Error(err)
	}
	a, ok := must(parse(h.nobody)).(argon)
	if !ok || a.cost != h.cost {
		t.Errorf("to pretend costs %+v, to check %+v", a.cost, h.cost)
	}
}

func must(k known, err error) known {
	if err != nil {
		panic(err)
	}
	return k
}

func TestConfig(t *testing.T) {
	if err := Defaults().Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"no memory": func(c *Config) { c.Memory = 0 }, "much memory": func(c *Config) { c.Memory = maxMemory + 1 },
		"no passes": func(c *Config) { c.Passes = 0 }, "one pass": func(c *Config) { c.Passes = 1 },
		"no lanes": func(c *Config) { c.Lanes = 0 }, "parallel": func(c *Config) { c.Parallel = -1 },
		"waiting": func(c *Config) { c.Waiting = -1 },
	} {
		c := Defaults()
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzVerify(f *testing.F) {
	cost4, err := bcrypt.GenerateFromPassword([]byte("secret"), 4)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(cost4), "secret")
	f.Add("$argon2id$v=19$m=8192,t=1,p=1$UnJ5aXdHVHNJMFFxaTN1Mw$Bmx1kMZFSWDkY1ZshNJqYPHObKL6NJ5hEcJIVFt0nEI", "x")
	f.Add("$argon2i$v=19$m=16,t=1,p=2$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAA", "")
	f.Fuzz(func(t *testing.T, hash, password string) {
		k, err := parse(hash)
		switch k := k.(type) {
		case nil:
			if !errors.Is(err, ErrHash) {
				t.Errorf("%q: %v", hash, err)
			}
		case argon:
			if k.memory*k.passes <= 8<<10 { // else a try takes long
				k.verify(password)
			}
		case blowfish:
			if n, err := bcrypt.Cost([]byte(k)); err != nil || n > maxBcrypt {
				t.Errorf("%q: %d, %v", hash, n, err)
			}
		}
	})
}

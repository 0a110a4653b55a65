package oracle_test

import (
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"madang/account/words"
	"madang/internal/laraveltest"
)

var rewrite = flag.Bool("rewrite", false, "write what Laravel answers into testdata/talk, and what Madang does where there is a reason")

// TestLaravel asks a real Laravel whether it says what testdata/talk says that it does.
func TestLaravel(t *testing.T) {
	base := serve(t)
	for _, name := range talks(t) {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			talk, l := open(t, name), begin(t, base)
			for _, x := range talk.rows {
				got := l.play(t, talk, x)
				if *rewrite {
					x.laravel = got
				}
				if !slices.Equal(got, x.laravel) {
					t.Errorf("%s: %s: Laravel says\n\t%s\nand not\n\t%s", name, x.name, strings.Join(got, "\n\t"), strings.Join(x.laravel, "\n\t"))
				}
			}
			if *rewrite {
				write(t, name, talk)
			}
		})
	}
}

// serve starts Laravel.
func serve(t *testing.T) (base string) {
	t.Helper()
	folder := t.TempDir()
	said := filepath.Join(folder, "words.json")
	if err := os.WriteFile(said, texts(t), 0o600); err != nil {
		t.Fatal(err)
	}
	return laraveltest.In(t, filepath.Join("testdata", "app"), "/test/ready", "STATE="+folder, "WORDS="+said).Serve()
}

// begin begins with a Laravel that remembers nothing.
func begin(t *testing.T, base string) *side {
	t.Helper()
	ask(t, base+"/test/fresh")
	var later time.Duration
	return &side{
		base: base, session: "laravel_session", jars: map[string]jar{}, known: map[string]string{},
		later: func(d time.Duration) {
			later += d
			ask(t, base+"/test/later?seconds="+strconv.Itoa(int(d.Seconds())))
		},
		now:  func() time.Time { return time.Now().Add(later) },
		mail: func(kind string) string { return strings.TrimPrefix(ask(t, base+"/test/mail/"+kind), base) },
		token: func(cookies jar) string {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/test/token", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Cookie", cookies.String())
			return do(t, r)
		},
	}
}

// ask gets what is for the test alone.
func ask(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, r)
}

func do(t *testing.T, r *http.Request) string {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil || answer.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s: %s, %v\n%.300s", r.URL, answer.Status, err, body)
	}
	return string(body)
}

// talks returns the files.
func talks(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "talk", "*.txt"))
	if err != nil || len(names) == 0 {
		t.Fatalf("there are no conversations: %v", err)
	}
	return names
}

func open(t *testing.T, name string) *talk {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	talk, err := parse(string(b))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return talk
}

func write(t *testing.T, name string, talk *talk) {
	t.Helper()
	if err := os.WriteFile(name, []byte(talk.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// texts are those of account/words as Laravel's language files have them, by the names before and after the first dot.
func texts(t *testing.T) []byte {
	t.Helper()
	speaker := words.Speaker{Language: words.English, Profile: words.Laravel8}
	all := map[string]map[string]any{}
	for _, key := range []words.Key{
		words.Required, words.String, words.Email, words.MaxString, words.MinString, words.MaxFile, words.Mimes, words.Confirmed, words.Unique,
		words.Accepted, words.Failed, words.Throttle, words.Reset, words.Sent, words.Throttled, words.Token, words.User,
	} {
		parts := strings.Split(string(key), ".")
		group := all[parts[0]]
		if group == nil {
			group = map[string]any{}
			all[parts[0]] = group
		}
		if len(parts) == 2 {
			group[parts[1]] = speaker.Say(key)
			continue
		}
		kinds, _ := group[parts[1]].(map[string]string)
		if kinds == nil {
			kinds = map[string]string{}
			group[parts[1]] = kinds
		}
		kinds[parts[2]] = speaker.Say(key)
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

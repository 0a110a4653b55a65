package echoconfig_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"madang/server/echoconfig"
)

// TestNew compares with the file that laravel-echo-server writes when its questions are answered with return. Its
// databaseConfig.redis is empty then.
func TestNew(t *testing.T) {
	want, err := os.ReadFile("testdata/read/init.json")
	if err != nil {
		t.Fatal(err)
	}
	a := echoconfig.DefaultAnswers()
	a.KeyPrefix = ""
	if got := echoconfig.New(a).Bytes(); !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNewIsObeyed(t *testing.T) {
	a := echoconfig.DefaultAnswers()
	a.DevMode, a.Port, a.AuthHost, a.HTTPS, a.CertPath, a.KeyPath = true, "7001", "https://app.test", true, "c.pem", "k.pem"
	a.RedisHost, a.RedisPort, a.CORS = "cache", "6390", true
	a.Client = &echoconfig.Client{AppID: "id", Key: "key"}
	c, err := echoconfig.Read(echoconfig.Source{Name: "x", File: echoconfig.New(a).Bytes()})
	if err != nil || len(c.Warnings) > 0 {
		t.Fatal(err, c.Warnings)
	}
	if !c.DevMode || c.Port != 7001 || c.AuthHosts[0] != "https://app.test" || c.TLS.Cert != "c.pem" || c.TLS.Key != "k.pem" || !c.HTTPS() ||
		c.Redis.Host != "cache" || c.Redis.Port != 6390 || c.Redis.KeyPrefix != "laravel_database_" || !c.CORS.Allow ||
		c.CORS.Origin != "http://localhost:80" || !slices.Equal(c.Clients, []echoconfig.Client{{AppID: "id", Key: "key"}}) {
		t.Errorf("%+v", c)
	}
}

func TestClients(t *testing.T) {
	d, err := echoconfig.Open([]byte(`{"own": [1.50, "<a&b>\u00e9", {}, []], "port": 6001}`))
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		do   func() (bool, error)
		done bool
		want string
	}{
		{func() (bool, error) { return d.AddClient("a", "k1") }, false, `[{"appId":"a","key":"k1"}]`},
		{func() (bool, error) { return d.AddClient("b", "k2") }, false, `[{"appId":"a","key":"k1"},{"appId":"b","key":"k2"}]`},
		{func() (bool, error) { return d.AddClient("a", "k3") }, true, `[{"appId":"a","key":"k3"},{"appId":"b","key":"k2"}]`},
		{func() (bool, error) { return d.RemoveClient("nobody") }, false, `[{"appId":"a","key":"k3"},{"appId":"b","key":"k2"}]`},
		{func() (bool, error) { return d.RemoveClient("a") }, true, `[{"appId":"b","key":"k2"}]`},
	} {
		done, err := step.do()
		var file struct{ Clients json.RawMessage }
		if e := json.Unmarshal(d.Bytes(), &file); e != nil {
			t.Fatal(e)
		}
		var got bytes.Buffer
		if e := json.Compact(&got, file.Clients); e != nil {
			t.Fatal(e)
		}
		if err != nil || done != step.done || got.String() != step.want {
			t.Errorf("step %d: %t %v %s, want %t %s", i, done, err, got.String(), step.done, step.want)
		}
	}
	want := "{\n\t\"own\": [\n\t\t1.50,\n\t\t\"<a&b>é\",\n\t\t{},\n\t\t[]\n\t],\n\t\"port\": 6001,\n\t\"clients\": [\n\t\t{\n\t\t\t\"appId\": \"b\",\n\t\t\t\"key\": \"k2\"\n\t\t}\n\t]\n}"
	if got := string(d.Bytes()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestClientsThatAreNoList(t *testing.T) {
	d, err := echoconfig.Open([]byte("{\n\"clients\": {\"appId\": \"a\"}}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.AddClient("a", "k"); err == nil || !strings.Contains(err.Error(), "line 2: clients is an object") {
		t.Error(err)
	}
	if _, err := d.RemoveClient("a"); err == nil {
		t.Error("removed from what is no list")
	}
	if _, err := echoconfig.Open([]byte("{")); err == nil {
		t.Error("opened half a file")
	}
}

func TestRandom(t *testing.T) {
	id, err := echoconfig.NewID(strings.NewReader("\x00\x01\x02\x03\x04\x05\x06\xff"))
	if err != nil || id != "00010203040506ff" {
		t.Error(id, err)
	}
	key, err := echoconfig.NewKey(strings.NewReader(strings.Repeat("\xab", 16)))
	if err != nil || key != strings.Repeat("ab", 16) {
		t.Error(key, err)
	}
	if _, err := echoconfig.NewKey(iotest.ErrReader(os.ErrClosed)); err == nil {
		t.Error("a key without random bytes")
	}
}

// TestNothingElseChanges adds and removes clients in files of any content: the rest of the file keeps its value.
func TestNothingElseChanges(t *testing.T) {
	scalar := rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.Bool(), toAny), rapid.Map(rapid.String(), toAny), rapid.Map(rapid.Int32(), toAny))
	rapid.Check(t, func(t *rapid.T) {
		file := map[string]any{}
		for k, v := range rapid.MapOf(rapid.String(), rapid.SliceOf(scalar)).Draw(t, "file") {
			file[k] = v
		}
		delete(file, "clients")
		before, err := json.Marshal(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := echoconfig.Open(before)
		if err != nil {
			t.Fatal(err)
		}
		id := rapid.StringN(1, 20, -1).Draw(t, "id")
		if _, err := d.AddClient(id, "key"); err != nil {
			t.Fatal(err)
		}
		again, err := echoconfig.Open(d.Bytes())
		if err != nil || !bytes.Equal(again.Bytes(), d.Bytes()) {
			t.Fatalf("%v: what is written is not read the same", err)
		}
		if removed, err := again.RemoveClient(id); !removed || err != nil {
			t.Fatalf("client %q is not there: %v", id, err)
		}
		var got map[string]any
		if err := json.Unmarshal(again.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		delete(got, "clients")
		after, err := json.Marshal(got)
		if err != nil || !bytes.Equal(before, after) {
			t.Fatalf("%v\nbefore %s\nafter  %s", err, before, after)
		}
	})
}

func toAny[T any](v T) any { return v }

package home_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"

	"net/http"

	"madang/device"
	"madang/device/home"
)

// a witness is rules that say what they were asked.
type witness struct {
	t       *testing.T
	serials []string
}

func (w *witness) AskCode(_ context.Context, _ device.Actor, serial string, _ netip.Addr) error {
	w.serials = append(w.serials, serial)
	return nil
}

func (w *witness) CheckCode(_ context.Context, _ device.Actor, serial string, _ netip.Addr, _ string) (device.Paired, error) {
	w.serials = append(w.serials, serial)
	return device.Paired{Token: "t"}, nil
}

// Whatever a request has in it, it is answered as it says in the package's comment; what is asked is of a hub that can be
// one, and nothing is asked for another site's page.
func FuzzRequest(f *testing.F) {
	for _, s := range [][6]string{
		{"GET", "serial=SN-1", "SN-1", "", "same-origin", "127.0.0.1"}, {"POST", "serial=a&serial=b", "", "https://evil.example", "", "box"},
		{"HEAD", "%zz", "\xff", "null", "cross-site", "[::1]:80"}, {"OPTIONS", "serial=", "", "http://127.0.0.1", "none", "127.0.0.1"},
		{"GET", "serial=SN-1", "", "https://home.example", "cross-site", "localhost"},
	} {
		f.Add(s[0], s[1], s[2], s[3], s[4], s[5], true)
	}
	f.Fuzz(func(t *testing.T, method, query, serial, origin, site, host string, atHome bool) {
		c := home.Defaults()
		c.Origins = []string{"https://home.example"}
		if atHome {
			c.Mode, c.Serial = home.Home, "SN-1"
		}
		w := &witness{t: t}
		h, err := home.New(c, home.Deps{
			Rules: w, App: "app1", Address: func(*http.Request) netip.Addr { return netip.Addr{} },
			Who: func(*http.Request) (device.Actor, bool, error) { return device.Actor{Person: "kim"}, true, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/code", "/codecheck"} {
			r := httptest.NewRequest("GET", path, nil)
			r.Method, r.URL.RawQuery, r.Host = method, query, host
			r.Header = http.Header{"X-Api-Serial": {serial}, "Origin": {origin}, "Sec-Fetch-Site": {site}, "Code": {serial}}
			for name, v := range r.Header {
				if v[0] == "" {
					delete(r.Header, name)
				}
			}
			asked := len(w.serials)
			a := httptest.NewRecorder()
			h.ServeHTTP(a, r)
			if !slices.Contains([]int{200, 201, 204, 400, 403, 405, 421}, a.Code) {
				t.Fatalf("%d %s", a.Code, a.Body)
			}
			var body struct{ Success bool }
			if a.Code != 204 && (json.Unmarshal(a.Body.Bytes(), &body) != nil || body.Success != (a.Code < 300)) {
				t.Fatalf("%d %s", a.Code, a.Body)
			}
			if len(w.serials) > asked && (a.Code >= 300 || site == "cross-site" && origin != "https://home.example" || origin == "null") {
				t.Fatalf("asked for a page of %q, %q", site, origin)
			}
		}
		for _, s := range w.serials {
			if s != "" && device.CheckSerial(s) != nil || atHome && s != "SN-1" {
				t.Fatalf("asked of %q", s)
			}
		}
	})
}

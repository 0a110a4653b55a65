package oauth

import (
	"net/url"
	"strings"
	"testing"

	"madang/device/pairing"
)

// MAC is what is kept of a user code.
func (f *Flow) MAC(typed string) pairing.MAC { return macOf(f.Key, f.config.App, typed) }

// FuzzForm reads any body and header: nothing is there twice, nothing is empty, and a client has both parts.
func FuzzForm(f *testing.F) {
	for _, seed := range []struct{ authorization, body string }{
		{"Basic U04tMTpzZWNyZXQ=", "grant_type=" + url.QueryEscape(GrantType) + "&device_code=x"},
		{"", "client_id=SN-1&client_secret=s&scope=devices"},
		{"", "a=1&a=2"}, {"Bearer x", ""}, {"Basic", "%zz"}, {"basic OmE=", "client_id="}, {"Basic JTp4", "x;y"}, {"", "client_id=%00&client_secret=%ff"},
	} {
		f.Add(seed.authorization, seed.body)
	}
	f.Fuzz(func(t *testing.T, authorization, body string) {
		form, err := parseForm(body)
		if err != nil {
			if form != nil {
				t.Error("a form and an error")
			}
			return
		}
		for name, value := range form {
			if value == "" || strings.Count("&"+body, "&"+url.QueryEscape(name)+"=") > 1 {
				t.Errorf("%q = %q of %q", name, value, body)
			}
		}
		c, err := clientOf(authorization, form)
		if err == nil && (c.id == "" || c.secret == "" || c.basic != (authorization != "")) {
			t.Errorf("%+v of %q, %q", c, authorization, body)
		}
	})
}

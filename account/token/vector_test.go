package token

import (
	"strings"
	"testing"
	"time"
)

// The examples of the standards, with their keys.
const (
	rfc7515Payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

	// RFC 7515, appendix A.1
	a1Key   = `{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`
	a1Token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + rfc7515Payload +
		".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

	// appendix A.2
	a2Key = `{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddx` +
		`HmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSH` +
		`SXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8` +
		`NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}`
	a2Token = "eyJhbGciOiJSUzI1NiJ9." + rfc7515Payload +
		".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZ" +
		"cAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-e" +
		"OkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"

	// appendix A.3
	a3Key = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",` +
		`"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
	a3Token = "eyJhbGciOiJFUzI1NiJ9." + rfc7515Payload +
		".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

	// appendix A.5
	a5Token = "eyJhbGciOiJub25lIn0." + rfc7515Payload + "."

	// RFC 8037, appendix A.2 and A.4
	ed25519Key   = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	ed25519Token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc." +
		"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)

func TestExamplesOfTheStandards(t *testing.T) {
	keys := []string{a1Key, a2Key, a3Key, ed25519Key}
	for i, raw := range []string{a1Token, a2Token, a3Token, ed25519Token} {
		tok, err := parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		for j, jwk := range keys {
			k, err := parseKey([]byte(jwk), true)
			if err != nil {
				t.Fatal(err)
			}
			payload, ok := tok.verify(k)
			if ok != (i == j) {
				t.Errorf("token %d verifies with key %d: %v", i, j, ok)
			}
			if ok && b64(payload) != strings.Split(raw, ".")[1] {
				t.Errorf("token %d has payload %q", i, payload)
			}
		}
	}
}

func TestExamplesThroughTheGuard(t *testing.T) {
	c := Defaults()
	c.JWKSFile = writeFile(t, "["+a1Key+","+a2Key+","+a3Key+","+ed25519Key+"]")
	c.UserClaims = []string{"iss"}
	then := time.Unix(1300819380, 0)
	g := newGuard(t, c, WithClock(func() time.Time { return then }))
	for _, raw := range []string{a1Token, a2Token, a3Token} {
		if p := accepts(t, g, raw); p.User != "joe" || p.Claim("http://example.com/is_root") != true {
			t.Errorf("%+v", p)
		}
	}
	refuses(t, g, a5Token, ErrAlgorithm)
	refuses(t, g, ed25519Token, ErrMalformed) // signed, but its payload is prose
	then = then.Add(time.Minute)
	refuses(t, g, a1Token, ErrExpired)
}

package device_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"madang/device"
)

func TestPayload(t *testing.T) {
	c := device.Claims{
		ID: "j1", Subject: "7", Serial: "SN-1", Audience: "hub:SN-1", IssuedAt: time.Unix(1_800_000_000, 0).UTC(), ExpiresAt: time.Unix(1_800_108_000, 0).UTC(),
	}
	b := c.Payload("https://home.example")
	want := `{"use":"pairing","iss":"https://home.example","sub":"7","aud":"hub:SN-1","jti":"j1","api_serial":"SN-1","iat":1800000000,"exp":1800108000}`
	if string(b) != want {
		t.Errorf("%s", b)
	}
	got, err := device.ReadPayload("https://home.example", b)
	if err != nil || got != c {
		t.Errorf("%+v, %v", got, err)
	}
	for _, change := range [][2]string{
		{`"iss":"https://home.example"`, `"iss":"https://evil.example"`}, {`"aud":"hub:SN-1"`, `"aud":"hub:SN-2"`}, {`"jti":"j1"`, `"jti":""`},
		{`"sub":"7"`, `"sub":""`}, {`"use":"pairing"`, `"use":"access"`}, {`"api_serial":"SN-1"`, `"api_serial":"../x"`}, {`"exp":1800108000`, `"exp":1`}, {`{`, `[`}, {`"aud":"hub:SN-1"`, `"aud":["hub:SN-1"]`},
	} {
		if _, err := device.ReadPayload("https://home.example", []byte(strings.Replace(want, change[0], change[1], 1))); !errors.Is(err, device.ErrUnauthenticated) {
			t.Errorf("%s was read: %v", change[1], err)
		}
	}
}

func FuzzReadPayload(f *testing.F) {
	f.Add([]byte(`{"use":"pairing","sub":"7","aud":"hub:SN-1","jti":"j1","api_serial":"SN-1","iat":1,"exp":2}`))
	f.Add([]byte(`{"aud":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := device.ReadPayload("", b)
		if err != nil {
			return
		}
		again, err := device.ReadPayload("", c.Payload(""))
		if err != nil || again != c {
			t.Errorf("%+v is read again as %+v, %v", c, again, err)
		}
	})
}

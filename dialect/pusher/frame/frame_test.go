package frame_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"madang/dialect/pusher/frame"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in   string
		want frame.Frame
		err  error
	}{
		{`{"event":"pusher:ping","data":{}}`, frame.Frame{Event: "pusher:ping", Data: []byte(`{}`)}, nil},
		{`{"event":"pusher:ping"}`, frame.Frame{Event: "pusher:ping"}, nil},
		{` {"event":"client-x","channel":"private-a","data": 12345678901234567890 }`,
			frame.Frame{Event: "client-x", Channel: "private-a", Data: []byte(`12345678901234567890`)}, nil},
		{``, frame.Frame{}, frame.FaultJSON},
		{`null`, frame.Frame{}, frame.FaultJSON},
		{`[]`, frame.Frame{}, frame.FaultJSON},
		{`{"event":`, frame.Frame{}, frame.FaultJSON},
		{"{\"event\":\"\xff\"}", frame.Frame{}, frame.FaultJSON},
		{strings.Repeat(`{"event":`, 20000), frame.Frame{}, frame.FaultJSON},
		{`{}`, frame.Frame{}, frame.FaultEvent},
		{`{"event":7}`, frame.Frame{}, frame.FaultEvent},
		{`{"event":null}`, frame.Frame{}, frame.FaultEvent},
		{`{"event":["pusher:ping"]}`, frame.Frame{}, frame.FaultEvent},
		{`{"event":""}`, frame.Frame{}, frame.FaultEvent},
		{`{"event":"client-x","channel":{}}`, frame.Frame{}, frame.FaultChannel},
	} {
		got, err := frame.Parse([]byte(c.in))
		if !errors.Is(err, c.err) || got.Event != c.want.Event || got.Channel != c.want.Channel || string(got.Data) != string(c.want.Data) {
			t.Errorf("%.60s: %+v, %v", c.in, got, err)
		}
	}
}

func TestDataOfEvents(t *testing.T) {
	for _, c := range []struct {
		data string
		want frame.Subscribe
		err  error
	}{
		{`{"channel":"a","auth":"k:s","channel_data":"{}"}`, frame.Subscribe{Channel: "a", Auth: "k:s", ChannelData: "{}"}, nil},
		{`{"channel":"a","auth":null}`, frame.Subscribe{Channel: "a"}, nil},
		{`"{\"channel\":\"a\"}"`, frame.Subscribe{Channel: "a"}, nil},
		{`{"channel":5}`, frame.Subscribe{}, frame.FaultData},
		{`{"channel":"a","channel_data":{}}`, frame.Subscribe{Channel: "a"}, frame.FaultData},
		{`{}`, frame.Subscribe{}, frame.FaultChannel},
		{`[]`, frame.Subscribe{}, frame.FaultData},
		{`null`, frame.Subscribe{}, frame.FaultData},
		{`"x"`, frame.Subscribe{}, frame.FaultData},
		{``, frame.Subscribe{}, frame.FaultData},
	} {
		got, err := frame.Frame{Data: []byte(c.data)}.Subscribe()
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("subscribe %s: %+v, %v", c.data, got, err)
		}
		if channel, err := (frame.Frame{Data: []byte(c.data)}).Unsubscribe(); channel != c.want.Channel || !errors.Is(err, c.err) {
			t.Errorf("unsubscribe %s: %q, %v", c.data, channel, err)
		}
	}
	for data, ok := range map[string]bool{
		`{"auth":"k:s","user_data":"{}"}`: true, `{"auth":"k:s"}`: false, `{"user_data":"{}"}`: false, `7`: false,
	} {
		if _, err := (frame.Frame{Data: []byte(data)}).Signin(); (err == nil) != ok {
			t.Errorf("signin %s: %v", data, err)
		}
	}
}

// Whatever text is sent, package encoding/json reads it back.
func TestStringsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("\"\\\n\r\t\b\x00\x1f<>&\u2028é한😀a")))).Draw(t, "text")
		var back string
		if out := frame.AppendString(nil, s); json.Unmarshal(out, &back) != nil || back != s {
			t.Fatalf("%q became %s", s, out)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		var back string
		if out := frame.AppendString([]byte("x"), s); json.Unmarshal(out[1:], &back) != nil || back != string([]rune(s)) {
			t.Fatalf("%q became %s", s, out)
		}
	})
}

func TestOut(t *testing.T) {
	for want, o := range map[string]frame.Out{
		`{"event":"e","channel":"c","data":"{\"a\":1}"}`:             {Event: "e", Channel: "c", Text: `{"a":1}`},
		`{"event":"e","data":{}}`:                                    {Event: "e", Value: []byte(`{}`)},
		`{"event":"e","channel":"c"}`:                                {Event: "e", Channel: "c", NoData: true},
		`{"event":"client-e","channel":"c","data":"","user_id":"u"}`: {Event: "client-e", Channel: "c", UserID: []byte(`"u"`)},
	} {
		if got := string(o.Append(nil)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// FuzzParse reads anything; what can be read is written and read again, and is the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"event":"pusher:subscribe","data":{"auth":"","channel":"news"}}`, `{"event":"pusher:subscribe"}`, `{"event":7}`,
		`{"event":"client-x","channel":"private-a","data":{"x":[1,2.50,"\u00e9"]}}`, `{"event":"pusher:signin","data":"{\"auth\":\"a\",\"user_data\":\"{}\"}"}`,
		`{"event":"a","event":"b","data":null,"channel":null}`, `[{"event":"a"}]`, "\x00", `{"EVENT":"x"}`, `{"event":"\ud800"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := frame.Parse(b)
		if err != nil {
			return
		}
		_, _ = p.Subscribe()
		_, _ = p.Signin()
		again, err := frame.Parse(frame.Out{Event: p.Event, Channel: p.Channel, Value: p.Data, NoData: p.Data == nil}.Append(nil))
		if err != nil || again.Event != p.Event || again.Channel != p.Channel || string(again.Data) != string(p.Data) {
			t.Fatalf("%q is %+v, and then %+v, %v", b, p, again, err)
		}
	})
}

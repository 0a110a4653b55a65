package simulate_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"madang/device"
	"madang/device/link"
	"madang/device/pairing"
	"madang/device/simulate"
)

// TestTerminal is what somebody sees.
func TestTerminal(t *testing.T) {
	var b strings.Builder
	s := &simulate.Terminal{Out: &b, Language: simulate.English}
	s.Welcome(simulate.Where{Server: "http://127.0.0.1:8080", Serial: "box-1", AtHome: true, Keys: true})
	s.Status(link.Status{Connected: true}, false)
	s.Status(link.Status{Err: errors.New("refused"), Wait: 1400 * time.Millisecond}, false)
	s.Status(link.Status{Err: errors.New("no\x1b[2J"), Wait: 5 * time.Minute}, true)
	s.Code("123456", "Mina\x1b]0;x\a\u202e", "192.0.2.1", 3*time.Minute)
	s.Cleared(pairing.EndRedeemed)
	s.Alarm()
	lock := device.Device{ID: "front-door", Name: "Lock", Reported: device.Values{"locked": false}}
	s.Ordered(lock, device.Values{"locked": true}, device.Command{State: device.Refused, Note: "The door is open."})
	s.Ordered(lock, device.Values{"locked": true}, device.Command{State: device.Done})
	s.Ordered(lock, device.Values{"locked": true}, device.Command{State: device.Expired})
	s.Changed(device.Device{ID: "lamp", Name: "Lamp", Reported: device.Values{"on": true, "level": 50.0}}, true)
	s.Changed(device.Device{ID: "lamp", Name: "Lamp", Reported: device.Values{"on": true, "level": 80.0}}, false)
	s.Changed(device.Device{ID: "terrace", Name: "Terrace", Reported: device.Values{"temperature": 4.0}}, false)
	want := `
  Simulated home · ten devices · hub box-1

  1. This server is the box at home. Its screen is http://127.0.0.1:8080/screen .
  2. Open http://127.0.0.1:8080/home in a browser and ask for a code: it appears here, too.
  3. Switch a lamp on. What happens is shown below.
     Enter: press the button on the box · Ctrl+C: stop

TIME  connected
TIME  no connection (refused); next try in 1s. The house goes on.
TIME  the server does not let this hub in; check the serial and the secret (no?[2J). Next try in 5m0s.
TIME  ┌───────────────────┐
          │   1 2 3   4 5 6   │   Mina?]0;x?? asks, from 192.0.2.1. Good for 3m0s.
          └───────────────────┘
TIME  paired
TIME  alarm: too many wrong codes. Locked until somebody in the house presses the button (Enter).
TIME  Lock  ←  locked true   refused: The door is open.
TIME  Lock  ←  locked true   done
TIME  Lock  ←  locked true   too late, not carried out
TIME  Lamp     level 80, on true
`
	if got := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d`).ReplaceAllString(b.String(), "TIME"); got != want {
		t.Errorf("shown:\n%s", got)
	}
}

func TestLanguages(t *testing.T) {
	for env, want := range map[string]simulate.Language{
		"": simulate.English, "LANG=ko_KR.UTF-8": simulate.Korean, "LANG=C LC_ALL=ko": simulate.Korean, "LANG=ko_KR LC_ALL=en_GB": simulate.English,
	} {
		if got := simulate.LanguageOf(strings.Fields(env)); got != want {
			t.Errorf("%q: %s", env, got)
		}
	}
	var b strings.Builder
	s := &simulate.Terminal{Out: &b, Language: simulate.Korean, Color: true}
	s.Welcome(simulate.Where{Server: "https://madang.example", Serial: "SN-0001"})
	if said := b.String(); !strings.Contains(said, "https://madang.example/home") || !strings.Contains(said, "SN-0001") || strings.Contains(said, "Enter") {
		t.Errorf("shown: %s", said)
	}
	s.Code("123456", "", "192.0.2.1", time.Minute)
	if !strings.Contains(b.String(), "누군가 님이 요청했습니다") || !strings.Contains(b.String(), "\x1b[1m1 2 3   4 5 6\x1b[0m") {
		t.Errorf("shown: %q", b.String())
	}
}

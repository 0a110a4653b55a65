//go:build unix

// Codes that are guessed, talked out of people, or redeemed twice: RFC 8628, sections 5.1 and 5.4, and RFC 10027 (BCP 247).
//
// Here a code is good for who asked, at one hub, once, for five tries; and three codes that were tried in vain lock the hub until
// somebody presses the button on it, however many accounts and addresses there are. Parts: device/pairing TestGuessesPerDay,
// TestNoBetterAttack, TestModel.

package attack

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// What clients read of a code that is wrong, or not there.
const (
	wrongCode   = "잘못된 인증코드"
	expiredCode = "만료된 코드"
)

// sweep asks for a code as somebody new and guesses as often as it is let. It returns how many guesses were judged, and the status
// of what came before them.
func (h *house) sweep(x *box, i int) (guesses, status int) {
	h.t.Helper()
	ip := fmt.Sprintf("203.0.113.%d", i%250+1)
	if i%2 == 1 {
		ip = fmt.Sprintf("2001:db8:%x::1", i)
	}
	b := h.somebody(fmt.Sprintf("mallory-%d", i), ip)
	if status = b.asks(x.serial); status != http.StatusOK {
		return 0, status
	}
	code := h.code(x.screen)
	for guess := range 1_000_000 {
		text := fmt.Sprintf("%06d", guess)
		if text == code { // luck is what the figures are about
			continue
		}
		a := b.tries(x.serial, text)
		if !strings.Contains(a.body, wrongCode) {
			return guesses, status
		}
		guesses++
	}
	return guesses, status
}

// TestSweepOfAllCodes tries all codes of a hub as more and more people from more and more networks, and has the button pressed at
// every alarm until the hub gives no more codes.
func TestSweepOfAllCodes(t *testing.T) {
	h := open(t, cloud+"\n  pairing: {hub: {pace: 0s}}")
	x := h.box("box-1")
	guesses, status, i := 0, 0, 0
	press := func() { x.call("device.press", values{}) }
	for alarm := 0; status != http.StatusTooManyRequests; i++ {
		var n int
		if n, status = h.sweep(x, i); status == http.StatusLocked {
			if alarm++; alarm == 1 {
				if guesses != 15 {
					t.Errorf("%d guesses until the button has to be pressed", guesses)
				}
				h.locked(x)
			}
			press()
			continue
		}
		if guesses += n; guesses > 75 || n > 5 {
			t.Fatalf("%d guesses, %d of them at one code", guesses, n)
		}
	}
	t.Logf("%d people made %d guesses before the hub gives codes only once an hour", i, guesses)
	// Pressing the button without an alarm lets one more code be asked for, and no two.
	press()
	for _, want := range []int{http.StatusOK, http.StatusTooManyRequests} {
		if n, status := h.sweep(x, 1000+want); status != want || n > 5 {
			t.Errorf("after another press: %d, %d guesses", status, n)
		}
	}
}

// locked asks for codes of a locked hub, and tries some, in all ways.
func (h *house) locked(x *box) {
	t := h.t
	t.Helper()
	for i := range 5 {
		b := h.somebody(fmt.Sprintf("late-%d", i), fmt.Sprintf("2001:db8:ff%x::1", i))
		if status := b.asks(x.serial); status != http.StatusLocked {
			t.Errorf("a locked hub shows a code: %d", status)
		}
		if a := b.tries(x.serial, "000000"); !strings.Contains(a.body, expiredCode) {
			t.Errorf("a locked hub judges a code: %d %s", a.status, a.body)
		}
		w := h.at(b, values{"token": b.bearer})
		if code := h.refusal(w, 1, "device.code", values{"hub": x.serial}); code != "hub_locked" {
			t.Errorf("a locked hub shows a code by a socket: %q", code)
		}
		if code := h.refusal(w, 2, "device.check", values{"hub": x.serial, "code": "000000"}); code != "code_expired" {
			t.Errorf("a locked hub judges a code by a socket: %q", code)
		}
	}
	if _, err := x.screen.until(`["pairing.alarm"`); err != nil {
		t.Error("the display does not sound the alarm")
	}
}

// TestGuestsAreCountedByNetwork asks at home, where nobody signs in: who has a /64, writes their own forwarding headers, or lies about
// the address in them, is one.
func TestGuestsAreCountedByNetwork(t *testing.T) {
	h := open(t, home+"\n  pairing: {alarm: 10, tries: 1, hub: {burst: 100000, pace: 0s}, address: {burst: 3}}")
	screen, err := h.browse("127.0.0.1", "127.0.0.1").join("/", nil, onTheBox())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		ip   func(int) string
		want int // codes
	}{
		{"one address", func(int) string { return "192.0.2.9" }, 3},
		{"a /64", func(i int) string { return fmt.Sprintf("2001:db8:0:1:%x::%x", i, i) }, 3},
		{"a /64 that is mapped", func(i int) string { return "::ffff:192.0.2.10" }, 3},
		{"who writes headers", func(i int) string { return fmt.Sprintf("192.0.2.%d, 2001:db8::%d, 192.0.2.77", i, i) }, 3},
		{"who pretends to be the box", func(i int) string { return "127.0.0.1, 192.0.2.78" }, 3},
		{"several addresses", func(i int) string { return fmt.Sprintf("192.0.2.%d", 100+i) }, 6},
	} {
		n := 0
		for i := range 6 {
			if h.browse("127.0.0.1", c.ip(i)).asks("box-1") == http.StatusOK {
				n++
				h.code(screen)
			}
		}
		if n != c.want {
			t.Errorf("%s: %d codes, want %d", c.what, n, c.want)
		}
	}
}

// TestCodeIsForWhoAsked shows codes as others, at other hubs, and when another has taken their place.
func TestCodeIsForWhoAsked(t *testing.T) {
	h := open(t, cloud+letters)
	x, y := h.box("box-1"), h.box("box-2")
	kim, eve := h.somebody("kim", "192.0.2.1"), h.somebody("eve", "192.0.2.1")
	if kim.asks(x.serial) != http.StatusOK {
		t.Fatal("no code")
	}
	code := h.code(x.screen)
	for what, a := range map[string]reply{
		"somebody else": eve.tries(x.serial, code), "somebody else who names no hub": eve.tries("", code), "at another hub": kim.tries(y.serial, code),
		"at a hub that there is not": kim.tries("box-9", code), "nobody": h.browse("barun.test", "192.0.2.1").tries(x.serial, code),
	} {
		if a.status != http.StatusUnauthorized || strings.Contains(a.body, wrongCode) {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
	// Eve has a code of her own at the other hub, at the same time: neither opens the other's.
	if eve.asks(y.serial) != http.StatusOK {
		t.Fatal("no code")
	}
	hers := h.code(y.screen)
	if a := eve.tries(y.serial, code); !strings.Contains(a.body, wrongCode) {
		t.Errorf("another hub's code: %d %s", a.status, a.body)
	}
	if a := eve.tries(x.serial, hers); !strings.Contains(a.body, expiredCode) {
		t.Errorf("one's own code at another hub: %d %s", a.status, a.body)
	}
	// Who asks again has the code of before no more, and neither has who was asked away.
	if kim.asks(x.serial) != http.StatusOK {
		t.Fatal("no code")
	}
	next := h.code(x.screen)
	if a := kim.tries(x.serial, code); !strings.Contains(a.body, wrongCode) {
		t.Errorf("the code of before: %d %s", a.status, a.body)
	}
	if eve.asks(x.serial) != http.StatusOK {
		t.Fatal("no code")
	}
	h.code(x.screen)
	if a := kim.tries(x.serial, next); !strings.Contains(a.body, expiredCode) {
		t.Errorf("a code that another has taken the place of: %d %s", a.status, a.body)
	}
}

// TestCodeIsRedeemedOnce shows the right code many times at once, by requests and by sockets.
func TestCodeIsRedeemedOnce(t *testing.T) {
	h := open(t, cloud+"\n  pairing: {format: base20-8, hub: {pace: 0s}, person: {burst: 1000}, address: {burst: 1000}}")
	x := h.box("box-1")
	kim := h.somebody("kim", "192.0.2.1")
	for round := range 3 {
		if kim.asks(x.serial) != http.StatusOK {
			t.Fatal("no code")
		}
		code := h.code(x.screen)
		var work sync.WaitGroup
		tokens := make(chan string, 64)
		for i := range 16 {
			w := h.at(kim, values{"token": kim.bearer})
			r := kim.request(http.MethodPost, "/codecheck", nil)
			r.Header.Set("Code", strings.ToLower(code[:4])+" - "+code[4:]) // as people write it
			r.Header.Set("X-Api-Serial", x.serial)
			work.Go(func() {
				if a, err := send(r); err == nil && a.text("token") != "" {
					tokens <- a.text("token")
				}
			})
			work.Go(func() {
				if a, err := w.call(i+1, "device.check", values{"hub": x.serial, "code": code}); err == nil && strings.Contains(a, `"token":"`) {
					tokens <- a
				}
			})
		}
		work.Wait()
		close(tokens)
		if len(tokens) != 1 {
			t.Errorf("round %d: one code was redeemed %d times", round, len(tokens))
		}
		for token := range tokens {
			h.secret(token)
		}
		if a := kim.tries(x.serial, code); !strings.Contains(a.body, expiredCode) {
			t.Errorf("afterwards: %d %s", a.status, a.body)
		}
	}
}

// TestSerialsAreNotTold asks and tries at hubs that there are, whose displays are away, and at some that there are not: the answers
// are alike, however often one asks.
func TestSerialsAreNotTold(t *testing.T) {
	h := open(t, cloud)
	if _, err := h.rules.Register(t.Context(), "app1", "away-1", "Nobody's"); err != nil {
		t.Fatal(err)
	}
	x := h.box("box-1") // somebody's
	kim := h.somebody("kim", "192.0.2.1")
	h.pair(kim, x)
	answers := map[string][]string{}
	for i, serial := range []string{"away-1", "away-2"} {
		b := h.somebody(fmt.Sprintf("eve-%d", i), fmt.Sprintf("192.0.2.%d", 10+i))
		for range 25 {
			a := b.ask(http.MethodGet, "/code?serial="+serial, nil)
			c := b.tries(serial, "123456")
			answers[serial] = append(answers[serial], fmt.Sprint(a.status, a.body, c.status, c.body))
		}
	}
	for i, a := range answers["away-1"] {
		if b := answers["away-2"][i]; a != b {
			t.Errorf("the %dth time a hub that is away and one that there is not differ:\n%s\n%s", i+1, a, b)
			break
		}
	}
	w := h.at(h.somebody("eve", "192.0.2.20"), values{"token": h.somebody("eve", "192.0.2.20").bearer})
	id := 0
	for name, arg := range map[string]values{
		"device.devices": {}, "device.command": {"device": "lamp", "set": values{"on": true}}, "device.remove_hub": {}, "device.unpair": {}, "device.check": {"code": "123456"},
	} {
		var texts []string
		for _, serial := range []string{"box-1", "away-1", "away-2"} {
			id++
			arg["hub"] = serial
			a, err := w.call(id, name, arg)
			if err != nil {
				t.Fatal(err)
			}
			_, text, _ := strings.Cut(a, "[")
			texts = append(texts, strings.ReplaceAll(text, serial, "SERIAL"))
		}
		if texts[0] != texts[1] || texts[1] != texts[2] || !strings.Contains(texts[0], `"error"`) {
			t.Errorf("%s tells others' hubs, nobody's and none apart: %s", name, texts)
		}
	}
}

package simulate

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"madang/device"
	"madang/device/link"
	"madang/device/pairing"
)

// A Terminal shows a house to people. It is a Screen.
type Terminal struct {
	Out      io.Writer
	Language Language
	Color    bool // Out is a terminal that knows colours
	Verbose  bool // everything that devices report is shown, also what only drifts

	mu sync.Mutex
}

var _ Screen = (*Terminal)(nil)

// Where says where a house is to be found.
type Where struct {
	Server string // "https://madang.example"
	Serial string
	AtHome bool // the server is the box
	Keys   bool // there is a keyboard
}

// Colours, as terminals have known them since ECMA-48.
const (
	bold  = "1"
	faint = "2"
	red   = "31"
	green = "32"
	amber = "33"
)

func (t *Terminal) paint(colour, text string) string {
	if !t.Color {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// Welcome says what to do.
func (t *Terminal) Welcome(w Where) {
	t.mu.Lock()
	defer t.mu.Unlock()
	say := t.Language.words()
	var b strings.Builder
	fmt.Fprintf(&b, "\n  %s\n\n", t.paint(bold, fmt.Sprintf(say.title, w.Serial)))
	page := t.paint(bold, w.Server+"/home")
	steps := []string{fmt.Sprintf(say.pair, page), fmt.Sprintf(say.enter, t.paint(bold, w.Serial)), say.command}
	if w.AtHome {
		steps = []string{fmt.Sprintf(say.box, t.paint(bold, w.Server+"/screen")), fmt.Sprintf(say.ask, page), say.command}
	}
	for i, s := range steps {
		fmt.Fprintf(&b, "  %d. %s\n", i+1, s)
	}
	if w.Keys {
		fmt.Fprintf(&b, "     %s\n", t.paint(faint, say.keys))
	}
	fmt.Fprintln(t.Out, b.String())
}

// line writes a line with the time.
func (t *Terminal) line(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.Out, "%s  %s\n", t.paint(faint, time.Now().Format("15:04:05")), text)
}

// Status says how the line to the server is.
func (t *Terminal) Status(s link.Status, keptOut bool) {
	say := t.Language.words()
	wait := s.Wait.Round(time.Second)
	switch {
	case s.Connected:
		t.line(t.paint(green, say.connected))
	case keptOut:
		t.line(t.paint(red, fmt.Sprintf(say.keptOut, harmless(s.Err.Error()), wait)))
	default:
		t.line(t.paint(amber, fmt.Sprintf(say.lost, harmless(s.Err.Error()), wait)))
	}
}

// Code implements Screen. The code stands in a frame, in groups that can be read over a shoulder.
func (t *Terminal) Code(code, who, from string, expiresIn time.Duration) {
	say := t.Language.words()
	if who == "" {
		who = say.again
	}
	half := (len(code) + 1) / 2
	spaced := strings.Join(strings.Split(harmless(code[:half]), ""), " ") + "   " + strings.Join(strings.Split(harmless(code[half:]), ""), " ")
	bar := strings.Repeat("─", len(spaced)+6)
	t.line("┌" + bar + "┐")
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.Out, "          │   %s   │   %s\n          └%s┘\n", t.paint(bold, spaced),
		fmt.Sprintf(say.asks, harmless(who), harmless(from), expiresIn.Round(time.Second)), bar)
}

// Cleared implements Screen.
func (t *Terminal) Cleared(why pairing.End) {
	say := t.Language.words()
	switch why {
	case pairing.EndRedeemed:
		t.line(t.paint(green, say.redeemed))
	case pairing.EndFailed:
		t.line(t.paint(red, say.failed))
	case pairing.EndWithdrawn:
		t.line(say.withdrawn)
	case pairing.EndExpired:
		t.line(t.paint(faint, say.cleared))
	}
}

// Alarm implements Screen.
func (t *Terminal) Alarm() { t.line(t.paint(red, t.Language.words().alarm)) }

// Pressed says that somebody has pressed the button.
func (t *Terminal) Pressed() { t.line(t.Language.words().pressed) }

// Ordered implements Screen.
func (t *Terminal) Ordered(d device.Device, set device.Values, c device.Command) {
	say := t.Language.words()
	end := t.paint(green, say.done)
	switch {
	case c.State == device.Refused && c.Note == doorIsOpen:
		end = t.paint(red, fmt.Sprintf(say.refused, say.doorUp))
	case c.State == device.Refused:
		end = t.paint(red, fmt.Sprintf(say.refused, harmless(c.Note)))
	case c.State != device.Done:
		end = t.paint(amber, say.late)
	}
	t.line(fmt.Sprintf("%s  ←  %s   %s", t.paint(bold, harmless(d.Name)), values(set), end))
}

// Changed implements Screen. What somebody has ordered has been shown, and what only drifts nobody wants to read.
func (t *Terminal) Changed(d device.Device, moving bool) {
	_, dimmed := d.Reported["level"]
	if t.Verbose || !moving && (dimmed || d.ID == door) {
		t.line(t.paint(faint, fmt.Sprintf("%s     %s", harmless(d.Name), values(d.Reported))))
	}
}

// values writes values as people read them.
func values(v device.Values) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(v)) {
		parts = append(parts, fmt.Sprintf("%s %v", harmless(name), v[name]))
	}
	return harmless(strings.Join(parts, ", "))
}

// harmless is a text without what a terminal obeys: names are anybody's.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '?'
		}
		return r
	}, s)
}

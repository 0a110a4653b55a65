package device

import (
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"
)

// A Capability is a thing that a device can do.
type Capability string

// Capabilities, with what can be wished of them and what only the device reports.
const (
	Switch     Capability = "switch"     // on: bool
	Dimmer     Capability = "dimmer"     // level: 0 to 100, whole; the lamp may be a switch as well
	Thermostat Capability = "thermostat" // target: 5 to 35 in half degrees Celsius; mode: off, heat, cool, auto; reports temperature
	Lock       Capability = "lock"       // locked: bool
	Sensor     Capability = "sensor"     // nothing; reports whatever it measures
)

// Patience is how long a wish may wait for a hub that is away. A lamp that goes on ten minutes later is what somebody
// wanted; a door that opens later may be a burglar's luck, so a lock's wishes are carried out at once or not at all.
func (c Capability) Patience() time.Duration {
	switch c {
	case Switch, Dimmer:
		return 10 * time.Minute
	case Thermostat:
		return time.Hour
	}
	return 0
}

// Valid reports whether there is such a capability.
func (c Capability) Valid() bool {
	return slices.Contains([]Capability{Switch, Dimmer, Thermostat, Lock, Sensor}, c)
}

// Values are properties of a device: each is a bool, a float64 or a text.
type Values map[string]any

// Bounds of values.
const (
	MaxProperties = 16
	maxProperty   = 32 // bytes of a property's name
	maxText       = 64 // bytes of a value that is a text
)

// Validate reports, as ErrInvalid, what no device can have.
func (v Values) Validate() error {
	if len(v) > MaxProperties {
		return fmt.Errorf("%d properties, at most %d are allowed: %w", len(v), MaxProperties, ErrInvalid)
	}
	for name, x := range v {
		if !propertyName(name) {
			return fmt.Errorf("property name %.40q: %w", name, ErrInvalid)
		}
		switch x := x.(type) {
		case bool:
		case float64:
			if math.IsNaN(x) || math.Abs(x) > 1e9 {
				return fmt.Errorf("property %s is %v: %w", name, x, ErrInvalid)
			}
		case string:
			if len(x) > maxText || !utf8.ValidString(x) {
				return fmt.Errorf("property %s has %d bytes of text, at most %d are allowed: %w", name, len(x), maxText, ErrInvalid)
			}
		default:
			return fmt.Errorf("property %s is a %T, not true or false, a number or a text: %w", name, x, ErrInvalid)
		}
	}
	return nil
}

func propertyName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9' || i == 0) {
			return false
		}
	}
	return s != "" && len(s) <= maxProperty
}

// governs returns the capability by which a property can be wished for, if any, and whether a value is one of its.
func governs(all []Capability, name string, value any) (c Capability, good, ok bool) {
	number, isNumber := value.(float64)
	_, isBool := value.(bool)
	switch name {
	case "on":
		c, good = Switch, isBool
	case "level":
		c, good = Dimmer, isNumber && number >= 0 && number <= 100 && number == math.Trunc(number)
	case "target":
		c, good = Thermostat, isNumber && number >= 5 && number <= 35 && 2*number == math.Trunc(2*number)
	case "mode":
		text, _ := value.(string)
		c, good = Thermostat, slices.Contains([]string{"off", "heat", "cool", "auto"}, text)
	case "locked":
		c, good = Lock, isBool
	}
	return c, good, slices.Contains(all, c)
}

// checkWish refuses what cannot be wished of a device with these capabilities, and returns how long the wish may wait: as
// long as the least patient of its properties.
func checkWish(all []Capability, set Values) (time.Duration, error) {
	if len(set) == 0 {
		return 0, fmt.Errorf("a command that sets nothing: %w", ErrInvalid)
	}
	if err := set.Validate(); err != nil {
		return 0, err
	}
	patience := time.Duration(math.MaxInt64)
	for name, value := range set {
		c, good, ok := governs(all, name, value)
		if !ok || !good {
			return 0, fmt.Errorf("the device cannot be asked for %s = %v: %w", name, value, ErrInvalid)
		}
		patience = min(patience, c.Patience())
	}
	return patience, nil
}

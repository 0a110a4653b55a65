package server

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"madang/internal/config"
)

// A Value is a setting that comes from elsewhere than file, environment and command line.
type Value = config.Value

// A Layer is the configuration of another program, said with the keys of this one. It lies over the file and under the
// environment. A server that has one is not in development mode, but makes the secrets it needs by itself if it has no
// configuration file.
type Layer struct {
	Values []Value
	// Apps come before those of the settings. An app that is in the settings too gets from here its echo key and aliases and
	// the limits that it does not set, and one without an echo key is only there if the settings have no apps.
	Apps     []App
	From     string   // where the apps are from
	Warnings []string // for people
}

// values returns the layer's values for which there is a part, and warns of the others: a program with a list of parts
// of its own may lack what the other program had.
func (l *Layer) values(a *Assembly, s *config.Schema) (values []Value, warnings []string) {
	for _, v := range l.Values {
		if s.Setting(v.Key) != nil || slices.ContainsFunc(a.Parts, func(p Part) bool { return strings.HasPrefix(v.Key, p.key+".") }) {
			values = append(values, v)
			continue
		}
		part, _, _ := strings.Cut(v.Key, ".")
		warnings = append(warnings, fmt.Sprintf("%s: has no effect, this program has no part %q", v.Origin, part))
	}
	return values, warnings
}

// addApps puts the apps of the layer before those of the settings.
func (l *Layer) addApps(s *Settings) error {
	all := slices.DeleteFunc(slices.Clone(l.Apps), func(a App) bool {
		return a.EchoKey == "" && len(s.Apps) > 0 && s.App(a.ID) == nil
	})
	if len(all) == 0 {
		return nil
	}
	for _, own := range s.Apps {
		i := slices.IndexFunc(all, func(a App) bool { return a.ID == own.ID })
		switch {
		case i < 0:
			all = append(all, own)
		case own.EchoKey != "" && all[i].EchoKey != "" && own.EchoKey != all[i].EchoKey:
			return fmt.Errorf("apps: %q has another echo_key than %s says; remove one of them", own.ID, l.From)
		case own.aliased(all[i]):
			return fmt.Errorf("apps: %q has another key for an echo alias than %s says; remove one of them", own.ID, l.From)
		default:
			all[i] = own.over(all[i])
		}
	}
	apps := s.schema.Setting("apps")
	if apps.FromDefault() {
		apps.Origin = l.From
	} else {
		apps.Origin += " and " + l.From
	}
	s.Apps = all
	return nil
}

// aliased reports whether an alias of the app has another key in the other one.
func (a App) aliased(b App) bool {
	for id, key := range a.EchoAliases {
		if other, ok := b.EchoAliases[id]; ok && other != key {
			return true
		}
	}
	return false
}

// over returns the app with the echo key and the aliases of another one, and its limits where the app has none of its own.
func (a App) over(b App) App {
	a.EchoKey = cmp.Or(b.EchoKey, a.EchoKey)
	if len(b.EchoAliases) > 0 {
		all := maps.Clone(b.EchoAliases)
		maps.Copy(all, a.EchoAliases)
		a.EchoAliases = all
	}
	a.ClientEventRate = cmp.Or(a.ClientEventRate, b.ClientEventRate)
	a.MaxEvent = cmp.Or(a.MaxEvent, b.MaxEvent)
	a.MaxMembers = cmp.Or(a.MaxMembers, b.MaxMembers)
	a.MaxMember = cmp.Or(a.MaxMember, b.MaxMember)
	return a
}

// forgetApps drops the app that development mode once made up: it is nobody's when another program's apps are served.
func (s *Settings) forgetApps() {
	if apps := s.schema.Setting("apps"); s.File != "" && strings.HasPrefix(apps.Origin, s.File+":") {
		s.Apps, apps.Origin = nil, "default"
	}
}

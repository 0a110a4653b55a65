// Package server makes a running server of parts: it reads the configuration, opens the parts in their order, joins them,
// listens, answers health checks, and stops gently. It knows no dialect, store or feature; the list of parts is an
// [Assembly], of which package server/standard has the stock one. A binary of your own is a copy of cmd/madang with
// another list.
//
// # Parts
//
// A [Part] is a line of the list: a role, a name, the defaults of its configuration, and a function that opens it. The
// name is also the key of its settings in the configuration file. Parts are opened role by role, within a role in the
// order of the list:
//
//	store ─▶ broker ─▶ guard ─▶ the hub is made ─▶ feature ─▶ dialect ─▶ inlet ─▶ web ─▶ joins ─▶ start
//
// and closed in the reverse order. What a part can do beside being opened it says with one-method interfaces: see
// [Starter], [Drainer], [Readier], [Router], [Claimer], [Observer], [Retainer], [Offerer] and [Hinter]; an [io.Closer] is
// closed. A part that is a [madang.Policy] joins the chain of policies in the place where it was opened.
//
// # Routes
//
// Parts bring routes as patterns of [http.ServeMux]. The more specific pattern wins. Where two parts bring the same
// pattern, all but one must say with Claims which requests are theirs, and are asked in the order of the list; a server
// whose parts overlap without it does not start. The setting hosts gives a part hosts of its own.
//
// # Development mode
//
// Without any configuration, a server makes a data directory, generates its secrets there and listens on this machine
// only. There are no default secrets, and nothing of this happens once there is a configuration.
package server

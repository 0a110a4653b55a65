package madang

// An App is a tenant: its channels are its own. It is immutable.
type App struct {
	ID    string
	Keys  []Key
	Rules Rules
}

// A Key lets a backend or client act for an app. The name is public, the secret is not.
type Key struct {
	Name   string
	Secret string
}

// Rules are what an app allows. Zero is no limit.
type Rules struct {
	// MaxConns is how many connections of the app a node takes. 0: as many as the node has room for.
	MaxConns int
	// ClientEvents lets clients publish events in channels where they are among others: Pusher's client events, Echo's
	// whispers.
	ClientEvents bool
	// ClientEventRate is how many of them one connection may publish per second. 0: no limit but the connection's own.
	ClientEventRate int
	// MaxEvent is the size of one event's data in bytes.
	MaxEvent int
	// MaxMembers is how many users a presence set takes.
	MaxMembers int
	// MaxMember is the size of what is shown of one member in bytes.
	MaxMember int
	// SubscriptionCount tells subscribers how many they are.
	SubscriptionCount bool
	// Origins are the origins from which browsers may connect: "https://example.com", "*.example.com". Empty: all.
	Origins []string
}

// Apps are the tenants of a server. The zero value has none.
type Apps struct {
	byID  map[string]*App
	byKey map[string]appKey
}

type appKey struct {
	app *App
	key Key
}

// NewApps returns the apps by id and by the names of their keys, which must be unique.
func NewApps(all ...App) *Apps {
	a := &Apps{byID: map[string]*App{}, byKey: map[string]appKey{}}
	for i := range all {
		app := &all[i]
		a.byID[app.ID] = app
		for _, k := range app.Keys {
			a.byKey[k.Name] = appKey{app, k}
		}
	}
	return a
}

// ByID returns the app of an id, or nil.
func (a *Apps) ByID(id string) *App { return a.byID[id] }

// ByKey returns the app that has a key of that name, and the key; nil if there is none.
func (a *Apps) ByKey(name string) (*App, Key) {
	x := a.byKey[name]
	return x.app, x.key
}

// Key returns the app's key of that name; ok is false if it has none.
func (a *App) Key(name string) (k Key, ok bool) {
	for _, k := range a.Keys {
		if k.Name == name {
			return k, true
		}
	}
	return Key{}, false
}

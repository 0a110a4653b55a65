package chat

import "fmt"

// A RoomRef names one room. Room ids are unique within their app only, so that tenants never meet.
type RoomRef struct {
	App string
	ID  string
}

// String returns the reference in the form used in errors and logs.
func (r RoomRef) String() string { return fmt.Sprintf("%q of app %q", r.ID, r.App) }

// A UserRef names one user of one app. User ids are opaque to this package; it keeps no user records.
type UserRef struct {
	App string
	ID  string
}

// String returns the reference in the form used in errors and logs.
func (u UserRef) String() string { return fmt.Sprintf("%q of app %q", u.ID, u.App) }

// Room returns the reference of a room in the user's app.
func (u UserRef) Room(id string) RoomRef { return RoomRef{App: u.App, ID: id} }

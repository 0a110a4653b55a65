package operator

import (
	"time"

	"madang/account"
	"madang/account/signin"
)

// A Person is somebody as operators see them.
type Person struct {
	ID          int64      `json:"id"`
	Guard       string     `json:"guard"`
	Name        string     `json:"name"`
	Email       string     `json:"email"`
	Locale      string     `json:"locale,omitempty"`
	VerifiedAt  *time.Time `json:"verified_at"`
	DisabledAt  *time.Time `json:"disabled_at"`
	TwoFactor   bool       `json:"two_factor"`
	HasPassword bool       `json:"has_password"`
	Roles       []string   `json:"roles"`
	Permissions []string   `json:"permissions"`
	CreatedAt   time.Time  `json:"created_at"`
	SignIns     []SignIn   `json:"sign_ins,omitempty"` // of one person alone
}

// A SignIn is something that somebody is signed in by.
type SignIn struct {
	Kind      signin.Kind `json:"kind"`
	Name      string      `json:"name,omitempty"`
	Address   string      `json:"address,omitempty"`
	UserAgent string      `json:"user_agent,omitempty"`
	CreatedAt time.Time   `json:"created_at"`
	SeenAt    *time.Time  `json:"seen_at"`
}

func seen(p account.Person, guard string, r account.Rights) Person {
	return Person{
		ID: p.ID, Guard: guard, Name: p.Name, Email: p.Email, Locale: p.Locale, VerifiedAt: moment(p.VerifiedAt),
		DisabledAt: moment(p.DisabledAt), TwoFactor: p.Factor.On(), HasPassword: p.Password != "",
		Roles: list(r.Roles), Permissions: list(r.Permissions), CreatedAt: p.CreatedAt,
	}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// list is a list that is never null in JSON.
func list(all []string) []string {
	if all == nil {
		return []string{}
	}
	return all
}

// An Addition is somebody to be added.
type Addition struct {
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Password string   `json:"password,omitempty"` // empty: nobody can sign in yet
	Locale   string   `json:"locale,omitempty"`
	Verified bool     `json:"verified"`
	Roles    []string `json:"roles,omitempty"`
}

// A Page asks for people.
type Page struct {
	After int64 // with greater ids
	Limit int   // at most so many: 1 to 1000
}

// An Assignment is the roles and the permissions of their own that somebody has.
type Assignment struct {
	Roles       []string `json:"roles"`
	Permissions []string `json:"permissions"`
}

// An Entry is a line of the audit log.
type Entry struct {
	ID        int64       `json:"id"`
	At        time.Time   `json:"at"`
	Person    int64       `json:"person,omitempty"`
	By        string      `json:"by,omitempty"`
	Act       account.Act `json:"act"`
	Address   string      `json:"address,omitempty"`
	UserAgent string      `json:"user_agent,omitempty"`
	Detail    string      `json:"detail,omitempty"`
}

// A Role is a set of permissions.
type Role struct {
	Guard       string   `json:"guard"`
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
}

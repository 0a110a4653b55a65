package signin

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"madang/account"
	"madang/account/limit"
	"madang/account/password"
)

// Config is the rules for the people of one provider, and one guard.
type Config struct {
	// App is the tenant whose people they are.
	App string `yaml:"-"`
	// Guard is what principals of theirs are called after.
	Guard string `yaml:"-"`
	// Provider is the table of people: users, members.
	Provider account.Provider `yaml:"provider"`

	// Product is what people call the service, in mails and in authenticator apps.
	Product string `yaml:"product"`
	// URL is what links in mails begin with, such as https://example.com. It never comes from a request.
	URL string `yaml:"url"`
	// Sites are other beginnings, by names that [From] can choose from, such as admin: https://admin.example.com.
	Sites map[string]string `yaml:"-"`

	// Features are what people can do.
	Features Features `yaml:"features"`

	ResetExpiry     time.Duration `yaml:"reset_expiry"`     // how long a link for a new password is good
	ResetPause      time.Duration `yaml:"reset_pause"`      // between two of them for the same address
	VerifyExpiry    time.Duration `yaml:"verify_expiry"`    // how long a link that proves an address is good
	PasswordTimeout time.Duration `yaml:"password_timeout"` // how long a password counts as confirmed
	MinPassword     int           `yaml:"min_password"`     // characters
	SessionIdle     time.Duration `yaml:"session_idle"`     // a session that is not used ends after it
	SessionRemember time.Duration `yaml:"session_remember"` // the same for who asked to be remembered
	ChallengeExpiry time.Duration `yaml:"challenge_expiry"` // how long the second factor is waited for
	FamilyExpiry    time.Duration `yaml:"family_expiry"`    // of a family of tokens, from the first on

	Abilities        []string `yaml:"abilities"`         // that API tokens can have
	DefaultAbilities []string `yaml:"default_abilities"` // that forms begin with

	// Limits are how many attempts are allowed.
	Limits Limits `yaml:"limits"`
}

// Features are what people can do. What is off is refused as if it were not there.
type Features struct {
	Registration  bool `yaml:"registration"`                // people make accounts for themselves
	Terms         bool `yaml:"terms"`                       // have to be accepted to register
	Reset         bool `yaml:"reset_passwords"`             // a new password by a link in a mail
	Verification  bool `yaml:"email_verification"`          // addresses are proved by a link in a mail
	Profile       bool `yaml:"update_profile_information"`  // people change their name, address and photo
	Passwords     bool `yaml:"update_passwords"`            // people change their password
	TwoFactor     bool `yaml:"two_factor_authentication"`   // people can have a second factor
	TwoFactorLock bool `yaml:"two_factor_confirm_password"` // two-factor settings want a confirmed password
	Deletion      bool `yaml:"account_deletion"`            // people delete their account
	APITokens     bool `yaml:"api_tokens"`                  // people make tokens for programs
}

// Limits are how many attempts are allowed. See limits.go for what each is counted by.
type Limits struct {
	Login     limit.Rule `yaml:"login"`      // by address of mail and of network
	LoginIP   limit.Rule `yaml:"login_ip"`   // by address of the network
	LoginAny  limit.Rule `yaml:"login_any"`  // by address of mail, from networks where the person is not signed in
	LoginAll  limit.Rule `yaml:"login_all"`  // of everybody together
	TwoFactor limit.Rule `yaml:"two_factor"` // by person
	// TwoFactorLong is for codes of an app alone, by person, until one is right: they have six digits, and five tries a minute
	// find one in weeks. Recovery codes cannot be guessed, so with them the owner still gets in.
	TwoFactorLong limit.Rule `yaml:"two_factor_long"`
	Confirm       limit.Rule `yaml:"confirm"` // the password of somebody who is signed in, by person
	Mail          limit.Rule `yaml:"mail"`    // mails that somebody asks for, by person; and photos
	Form          limit.Rule `yaml:"form"`    // registration and resets, by address of the network
	Change        limit.Rule `yaml:"change"`  // what somebody changes of their account, by person, and refreshes, by family
}

// Defaults returns the configuration of a guard: "web" is for members, whose links are good for 30 minutes; others are for users,
// with 60.
func Defaults(guard string) Config {
	c := Config{
		App: "default", Guard: guard, Provider: "users", Product: "Madang",
		Features: Features{Registration: true, Terms: true, Reset: true, Verification: true, Profile: true, Passwords: true,
			TwoFactor: true, TwoFactorLock: true, Deletion: true, APITokens: true},
		ResetExpiry: time.Hour, ResetPause: time.Minute, VerifyExpiry: time.Hour, PasswordTimeout: 10800 * time.Second, MinPassword: 8,
		SessionIdle: 2 * time.Hour, SessionRemember: 30 * 24 * time.Hour, ChallengeExpiry: 10 * time.Minute, FamilyExpiry: 20160 * time.Minute,
		Abilities: []string{"create", "read", "update", "delete"}, DefaultAbilities: []string{"read"},
		Limits: Limits{
			Login: limit.Rule{Max: 5, Window: time.Minute}, LoginIP: limit.Rule{Max: 60, Window: time.Minute},
			LoginAny: limit.Rule{Max: 50, Window: time.Hour}, LoginAll: limit.Rule{Max: 6000, Window: time.Minute},
			TwoFactor: limit.Rule{Max: 5, Window: time.Minute}, TwoFactorLong: limit.Rule{Max: 30, Window: time.Hour}, Confirm: limit.Rule{Max: 5, Window: time.Minute},
			Mail: limit.Rule{Max: 6, Window: time.Minute}, Form: limit.Rule{Max: 10, Window: time.Minute},
			Change: limit.Rule{Max: 60, Window: time.Minute},
		},
	}
	if guard == "web" {
		c.Provider, c.ResetExpiry, c.ResetPause = "members", 30*time.Minute, 30*time.Second
	}
	return c
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	if c.App == "" || c.Guard == "" || c.Provider == "" || c.Product == "" {
		return errors.New("app, guard, provider and product must not be empty")
	}
	if err := validBase("url", c.URL); err != nil {
		return err
	}
	for name, base := range c.Sites {
		if err := validBase("sites: "+name, base); err != nil {
			return err
		}
	}
	for name, d := range map[string]time.Duration{
		"reset_expiry": c.ResetExpiry, "reset_pause": c.ResetPause, "verify_expiry": c.VerifyExpiry, "password_timeout": c.PasswordTimeout,
		"session_idle": c.SessionIdle, "session_remember": c.SessionRemember, "challenge_expiry": c.ChallengeExpiry, "family_expiry": c.FamilyExpiry,
	} {
		if d < time.Second {
			return fmt.Errorf("%s must be at least 1s, not %v", name, d)
		}
	}
	if c.MinPassword < 8 || c.MinPassword > 64 {
		return fmt.Errorf("min_password must be from 8 to 64 characters, not %d; the longest has %d bytes", c.MinPassword, password.MaxLength)
	}
	for _, a := range c.DefaultAbilities {
		if !slices.Contains(c.Abilities, a) {
			return fmt.Errorf("default_abilities: %q is not among the abilities", a)
		}
	}
	return c.Limits.validate()
}

func validBase(name, base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("%s must be like https://example.com, for links in mails, not %q", name, base)
	}
	return nil
}

func (l Limits) validate() error {
	for name, r := range map[string]limit.Rule{
		"login": l.Login, "login_ip": l.LoginIP, "login_any": l.LoginAny, "login_all": l.LoginAll, "two_factor": l.TwoFactor,
		"two_factor_long": l.TwoFactorLong,
		"confirm":         l.Confirm, "mail": l.Mail, "form": l.Form, "change": l.Change,
	} {
		if err := r.Validate(); err != nil {
			return fmt.Errorf("limits: %s: %w", name, err)
		}
	}
	return nil
}

package fortify

import (
	"maps"
	"strings"
	"time"

	"madang/account"
	"madang/account/laravel"
	"madang/account/photo"
)

// page answers with a page.
func (v *visit) page(component string, status int, props map[string]any) {
	flash := v.flasher.Take(v.w, v.r, v.Now())
	all := v.shared(flash)
	maps.Copy(all, props)
	if strings.HasPrefix(component, "Auth/") {
		component = v.site.Component(component)
	}
	laravel.Private(v.w.Header())
	v.w.Header().Set("Referrer-Policy", "same-origin") // the link of a mail is in the address of its page
	v.Pages.Page(v.w, v.r, laravel.Page{Status: status, Component: component, Props: all})
}

// shared returns what all pages are told.
func (v *visit) shared(flash laravel.Flash) map[string]any {
	on := v.features()
	left := map[string]any{}
	if flash.Status != "" {
		left["status"] = flash.Status
	}
	if flash.Token != "" {
		left["token"] = flash.Token
	}
	return map[string]any{
		"errors": bagged(v.r.Header.Get("X-Inertia-Error-Bag"), flash), "flash": left, "user": v.user(),
		"locale": string(v.from.Speaker.Language), "product": v.Service.Config().Product, "site": v.site.Name,
		"features": map[string]bool{
			"registration": on.Registration, "resetPasswords": on.Reset, "emailVerification": on.Verification,
			"updateProfileInformation": on.Profile, "updatePasswords": on.Passwords, "twoFactorAuthentication": on.TwoFactor,
			"apiTokens": on.APITokens, "accountDeletion": on.Deletion, "profilePhotos": v.photos(), "terms": on.Terms,
		},
	}
}

// status is what a page has of the flash's, or nil.
func (v *visit) status() any {
	if v.flash.Status == "" {
		return nil
	}
	return v.flash.Status
}

// maxBag is the longest name of a bag.
const maxBag = 64

// bagged returns errors as a page wants them: those of a form with a bag under its name, others under the name that the page
// asks for.
func bagged(wanted string, flash laravel.Flash) map[string]any {
	all := map[string]any{}
	for field, text := range flash.Errors {
		all[field] = text
	}
	bag := flash.Bag
	if bag == "" && len(wanted) <= maxBag {
		bag = wanted
	}
	if bag == "" || len(all) == 0 {
		return all
	}
	return map[string]any{bag: all}
}

// A user is somebody as pages show them to themselves.
type user struct {
	ID         int64   `json:"id"`
	Name       string  `json:"name"`
	Email      string  `json:"email"`
	VerifiedAt *string `json:"email_verified_at"`
	PhotoURL   string  `json:"profile_photo_url"`
	HasPhoto   bool    `json:"has_profile_photo"`
	TwoFactor  bool    `json:"two_factor_enabled"`
}

// user returns the visitor, or nil.
func (v *visit) user() *user {
	if !v.signedIn() {
		return nil
	}
	p := v.who.Person
	u := &user{ID: p.ID, Name: p.Name, Email: p.Email, PhotoURL: photoURL(p), HasPhoto: photo.URL(p.Photo) != "", TwoFactor: p.Factor.On()}
	if p.Verified() {
		at := stamp(p.VerifiedAt)
		u.VerifiedAt = &at
	}
	return u
}

func photoURL(p account.Person) string {
	if url := photo.URL(p.Photo); url != "" {
		return url
	}
	return photo.AvatarURL(p.Name)
}

// stamp is a time as Laravel writes it in JSON.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

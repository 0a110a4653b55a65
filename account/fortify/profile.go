package fortify

import (
	"context"
	"errors"
	"net/http"

	"madang/account/laravel"
	"madang/account/photo"
	"madang/account/signin"
	"madang/account/words"
)

func (v *visit) updateProfile() error {
	form := signin.ProfileForm{Name: v.in.Text("name"), Email: v.in.Text("email"), Wrong: v.wrong("name", "email")}
	upload, has := v.upload(form.Wrong)
	if !has {
		if _, err := v.Service.UpdateProfile(v.r.Context(), v.from, v.who, form); err != nil {
			return err
		}
		return v.done(http.StatusOK, "profile-information-updated")
	}
	if err := v.updateWithPhoto(form, upload); err != nil {
		return err
	}
	return v.done(http.StatusOK, "profile-information-updated")
}

// upload returns the photo that came with the form, and notes what can be seen to be wrong with it.
func (v *visit) upload(e *words.Errors) (data []byte, has bool) {
	file, has := v.in.File("photo")
	if !v.photos() || !has {
		if v.photos() && v.in.Text("photo") != "" {
			e.Add("photo", words.Mimes, "values", photoTypes)
		}
		return nil, false
	}
	if kind := http.DetectContentType(file.Data); kind != "image/jpeg" && kind != "image/png" {
		e.Add("photo", words.Mimes, "values", photoTypes)
	}
	if file.Large {
		e.Add("photo", words.MaxFile, "max", words.Number(photo.MaxUpload>>10))
	}
	return file.Data, !e.Has("photo")
}

// photoTypes are the endings that Jetstream names.
const photoTypes = "jpg, jpeg, png"

// updateWithPhoto changes all or nothing: the photo is made first, and thrown away if the rest is refused.
func (v *visit) updateWithPhoto(form signin.ProfileForm, upload []byte) error {
	ctx, old := v.r.Context(), ""
	if err := v.Service.TakePhoto(ctx, v.who); err != nil { // also what turns out to be none is work
		return err
	}
	err := v.Album.Replace(ctx, v.who.Person.Photo, upload, func(key string) error {
		if _, err := v.Service.UpdateProfile(ctx, v.from, v.who, form); err != nil {
			return err
		}
		var err error
		old, err = v.Service.SetPhoto(ctx, v.from, v.who, key)
		return err
	})
	if err != nil {
		return v.photoError(err)
	}
	if old != v.who.Person.Photo { // somebody else has set another in the meantime, which nobody shows now
		v.discard(ctx, old)
	}
	return nil
}

// photoError says what is wrong with an upload that looked like a photo.
func (v *visit) photoError(err error) error {
	e := words.NewErrors(v.from.Speaker)
	switch {
	case errors.Is(err, photo.ErrFormat), errors.Is(err, photo.ErrPixels):
		e.Add("photo", words.Mimes, "values", photoTypes)
	case errors.Is(err, photo.ErrTooLarge):
		e.Add("photo", words.MaxFile, "max", words.Number(photo.MaxUpload>>10))
	case errors.Is(err, photo.ErrBusy):
		return &signin.Refusal{Class: signin.Busy, Code: signin.CodeBusy, Key: words.Throttled}
	default:
		return err
	}
	return laravel.Invalid(e)
}

// discard removes a photo that nobody shows any more.
func (v *visit) discard(ctx context.Context, key string) {
	if v.Album != nil && key != "" {
		_ = v.Album.Remove(ctx, key, func() error { return nil }) // the only error is that of the function
	}
}

func (v *visit) removePhoto() error {
	ctx := v.r.Context()
	old, err := v.Service.SetPhoto(ctx, v.from, v.who, "")
	if err != nil {
		return err
	}
	v.discard(ctx, old)
	v.leave(laravel.Flash{Status: "profile-photo-deleted"})
	v.seeBack()
	return nil
}

func (v *visit) updatePassword() error {
	e, err := v.Service.ChangePassword(v.r.Context(), v.from, v.who, signin.PasswordForm{
		Current: v.in.Text("current_password"), Password: v.in.Text("password"), Confirmation: v.in.Text("password_confirmation"),
		Wrong: v.wrong("current_password", "password"),
	})
	if err != nil {
		return err
	}
	v.enter(e)
	return v.done(http.StatusOK, "password-updated")
}

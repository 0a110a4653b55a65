package fortify

import (
	"net/http"

	"madang/account/signin"
)

func (v *visit) registerPage() error {
	v.page("Auth/Register", http.StatusOK, map[string]any{"terms": v.features().Terms})
	return nil
}

func (v *visit) register() error {
	e, err := v.Service.Register(v.r.Context(), v.from, signin.RegisterForm{
		Name: v.in.Text("name"), Email: v.in.Text("email"), Password: v.in.Text("password"), Confirmation: v.in.Text("password_confirmation"),
		Terms: v.in.Flag("terms"), Wrong: v.wrong("name", "email", "password"),
	})
	if err != nil {
		return err
	}
	v.enter(e)
	return v.arrived(http.StatusCreated, v.site.HomePath())
}

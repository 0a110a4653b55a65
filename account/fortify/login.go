package fortify

import (
	"net/http"

	"madang/account/laravel"
	"madang/account/signin"
)

func (v *visit) cookie() error {
	laravel.Empty(v.w, http.StatusNoContent)
	return nil
}

func (v *visit) loginPage() error {
	v.page("Auth/Login", http.StatusOK, map[string]any{
		"canResetPassword": v.features().Reset, "canRegister": v.features().Registration, "status": v.status(),
	})
	return nil
}

func (v *visit) login() error {
	e, err := v.Service.Login(v.r.Context(), v.from, signin.LoginForm{
		Email: v.in.Text("email"), Password: v.in.Text("password"), Remember: v.in.Flag("remember"), Wrong: v.wrong("email", "password"),
	})
	if err != nil {
		return err
	}
	v.enter(e)
	if !v.config.FormThrottle {
		v.limits(e.Verdict)
	}
	if laravel.WantsJSON(v.r) {
		laravel.JSON(v.w, http.StatusOK, map[string]bool{"two_factor": e.Challenged()})
		return nil
	}
	if e.Challenged() {
		v.to(challengePath)
		return nil
	}
	v.onward(v.site.HomePath())
	return nil
}

func (v *visit) challengePage() error {
	waiting, err := v.Service.Challenging(v.r.Context(), v.secret)
	if err != nil {
		return err
	}
	if !waiting {
		v.to(loginPath)
		return nil
	}
	v.page("Auth/TwoFactorChallenge", http.StatusOK, nil)
	return nil
}

func (v *visit) challenge() error {
	if e := v.wrong("code", "recovery_code"); e.Any() {
		return laravel.Invalid(e)
	}
	e, err := v.Service.Challenge(v.r.Context(), v.from, v.secret, signin.ChallengeForm{
		Code: v.in.Text("code"), RecoveryCode: v.in.Text("recovery_code"),
	})
	if err != nil {
		return err
	}
	v.enter(e)
	v.limits(e.Verdict)
	return v.arrived(http.StatusNoContent, v.site.HomePath())
}

func (v *visit) logout() error {
	if err := v.Service.Logout(v.r.Context(), v.from, v.who); err != nil {
		return err
	}
	v.forget()
	if laravel.WantsJSON(v.r) {
		laravel.Empty(v.w, http.StatusNoContent)
		return nil
	}
	v.to("/")
	return nil
}

// forget takes away all that the browser has of somebody.
func (v *visit) forget() {
	v.who = signin.SignedIn{}
	v.cookies.EndSession(v.w)
	v.flasher.Clear(v.w)
}

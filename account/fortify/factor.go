package fortify

import (
	"errors"
	"net/http"

	"madang/account/laravel"
	"madang/account/signin"
)

// textNoFactor is Fortify's.
const textNoFactor = "Two factor authentication has not been enabled."

func (v *visit) enableFactor() error {
	if err := v.Service.EnableFactor(v.r.Context(), v.from, v.who, v.in.Flag("force")); err != nil {
		return err
	}
	return v.done(http.StatusOK, "two-factor-authentication-enabled")
}

func (v *visit) confirmFactor() error {
	if e := v.wrong("code"); e.Any() {
		return laravel.Invalid(e)
	}
	if err := v.Service.ConfirmFactor(v.r.Context(), v.from, v.who, v.in.Text("code")); err != nil {
		return err
	}
	return v.done(http.StatusOK, "two-factor-authentication-confirmed")
}

func (v *visit) disableFactor() error {
	if err := v.Service.DisableFactor(v.r.Context(), v.from, v.who); err != nil {
		return err
	}
	return v.done(http.StatusOK, "two-factor-authentication-disabled")
}

// absent reports whether a refusal says that there is no second factor.
func absent(err error) bool {
	no, ok := errors.AsType[*signin.Refusal](err)
	return ok && no.Code == signin.CodeNotFound
}

// factorQR speaks JSON to everybody, as do those that follow.
func (v *visit) factorQR() error {
	svg, url, err := v.Service.FactorQR(v.r.Context(), v.who)
	if absent(err) {
		laravel.JSON(v.w, http.StatusOK, []string{})
		return nil
	}
	if err != nil {
		return err
	}
	laravel.JSON(v.w, http.StatusOK, map[string]string{"svg": svg, "url": url})
	return nil
}

func (v *visit) factorSecret() error {
	secret, err := v.Service.FactorSecret(v.r.Context(), v.who)
	if absent(err) {
		return &laravel.Problem{Status: http.StatusNotFound, Message: textNoFactor}
	}
	if err != nil {
		return err
	}
	laravel.JSON(v.w, http.StatusOK, map[string]string{"secretKey": secret})
	return nil
}

func (v *visit) recoveryCodes() error {
	codes, err := v.Service.RecoveryCodes(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	if codes == nil {
		codes = []string{}
	}
	laravel.JSON(v.w, http.StatusOK, codes)
	return nil
}

func (v *visit) newRecoveryCodes() error {
	err := v.Service.NewRecoveryCodes(v.r.Context(), v.from, v.who)
	if absent(err) {
		return &laravel.Problem{Status: http.StatusNotFound, Message: textNoFactor}
	}
	if err != nil {
		return err
	}
	return v.done(http.StatusOK, "recovery-codes-generated")
}

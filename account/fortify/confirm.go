package fortify

import (
	"net/http"
	"strconv"
	"time"

	"madang/account/laravel"
	"madang/account/words"
)

func (v *visit) confirmPage() error {
	v.page("Auth/ConfirmPassword", http.StatusOK, nil)
	return nil
}

func (v *visit) confirm() error {
	e, err := v.Service.ConfirmPassword(v.r.Context(), v.from, v.who, v.in.Text("password"))
	if err != nil {
		return err
	}
	v.enter(e)
	return v.arrived(http.StatusCreated, v.site.HomePath())
}

// confirmation says whether the password was confirmed, within some seconds if the client names them, and how long ago. It speaks
// JSON to everybody.
func (v *visit) confirmation() error {
	seconds, within := v.in.Text("seconds"), time.Duration(0)
	if seconds != "" {
		n, err := strconv.ParseInt(seconds, 10, 32)
		if err != nil {
			e := words.NewErrors(v.from.Speaker)
			e.Add("seconds", words.Integer)
			return laravel.Invalid(e)
		}
		within = time.Duration(n) * time.Second
	}
	yes := v.Service.Confirmed(v.who, within) && (seconds == "" || within > 0)
	if ago := int64(v.Now().Sub(v.who.Session.ConfirmedAt) / time.Second); yes && ago > 0 {
		v.w.Header().Set("X-Retry-After", strconv.FormatInt(ago, 10)) // Fortify's name for it
	}
	laravel.JSON(v.w, http.StatusOK, map[string]bool{"confirmed": yes})
	return nil
}

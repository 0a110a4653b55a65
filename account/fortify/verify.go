package fortify

import (
	"errors"
	"net/http"
	"net/url"

	"madang/account/signin"
)

// noticePage asks for the address to be proved.
func (v *visit) noticePage() error {
	if v.who.Person.Verified() {
		v.onward(v.site.HomePath())
		return nil
	}
	v.page("Auth/VerifyEmail", http.StatusOK, map[string]any{"status": v.status()})
	return nil
}

// verify is where the link of a mail leads.
func (v *visit) verify() error {
	err := v.Service.Verify(v.r.Context(), v.from, v.who, v.r.PathValue("id"), v.r.PathValue("hash"), v.in.Text("signature"))
	if err := v.mailLimits(err); err != nil {
		return err
	}
	return v.arrived(http.StatusNoContent, verifiedHome(v.site.HomePath()))
}

// verifiedHome is the way home for who has just proved their address.
func verifiedHome(home string) string {
	u, err := url.Parse(home)
	if err != nil {
		return home
	}
	q := u.Query()
	q.Set("verified", "1")
	u.RawQuery = q.Encode()
	return u.String()
}

func (v *visit) sendVerification() error {
	sent, err := v.Service.SendVerification(v.r.Context(), v.from, v.who)
	if err := v.mailLimits(err); err != nil {
		return err
	}
	if !sent {
		return v.arrived(http.StatusNoContent, v.site.HomePath())
	}
	return v.done(http.StatusAccepted, "verification-link-sent")
}

// mailLimits sets the headers of the limit of mails, beside an error that is no refusal by it.
func (v *visit) mailLimits(err error) error {
	if no, ok := errors.AsType[*signin.Refusal](err); err != nil && (!ok || no.Class != signin.Forbidden) {
		return err
	}
	verdict, failed := v.Service.MailsLeft(v.r.Context(), v.who)
	if failed != nil {
		return failed
	}
	v.limits(verdict)
	return err
}

package fortify

import (
	"net/http"
	"strings"

	"madang/account/laravel"
)

// A device is one of somebody's sign-ins as their profile page shows it. Kind, name, id and connections are more than
// Jetstream tells.
type device struct {
	ID          string `json:"id"`
	Kind        string `json:"kind"`
	Name        string `json:"name"`
	Agent       agent  `json:"agent"`
	Address     string `json:"ip_address"`
	Current     bool   `json:"is_current_device"`
	LastActive  any    `json:"last_active"` // null: never
	Connections *int   `json:"connections,omitempty"`
}

func (v *visit) profilePage() error {
	all, err := v.Service.SignIns(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	devices := make([]device, 0, len(all))
	for _, x := range all {
		d := device{
			ID: x.ID, Kind: string(x.Kind), Name: x.Name, Agent: agentOf(x.Client.UserAgent), Address: x.Client.Address, Current: x.Current,
		}
		if !x.SeenAt.IsZero() {
			d.LastActive = v.from.Speaker.Ago(v.Now().Sub(x.SeenAt))
		}
		if v.Connections != nil {
			n := v.Connections(x.ID)
			d.Connections = &n
		}
		devices = append(devices, d)
	}
	v.page("Profile/Show", http.StatusOK, map[string]any{"confirmsTwoFactorAuthentication": true, "sessions": devices})
	return nil
}

// endOthers ends all other sessions, and whatever else signs people in.
func (v *visit) endOthers() error {
	if err := v.Service.EndOthers(v.r.Context(), v.from, v.who, v.in.Text("password")); err != nil {
		return err
	}
	v.seeBack()
	return nil
}

// endOne ends one sign-in of the list; with the current one, somebody signs out.
func (v *visit) endOne() error {
	id := v.r.PathValue("id")
	all, err := v.Service.SignIns(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	if err := v.Service.EndOne(v.r.Context(), v.from, v.who, id); err != nil {
		return err
	}
	for _, x := range all {
		if x.ID == id && x.Current {
			v.forget()
			laravel.Redirect(v.w, http.MethodDelete, loginPath)
			return nil
		}
	}
	v.seeBack()
	return nil
}

// deleteAccount removes the visitor. A page's script is told to load the home page anew, as Inertia::location does.
func (v *visit) deleteAccount() error {
	p, err := v.Service.DeleteAccount(v.r.Context(), v.from, v.who, v.in.Text("password"))
	if err != nil {
		return err
	}
	v.discard(v.r.Context(), p.Photo)
	v.forget()
	if v.r.Header.Get("X-Inertia") == "" {
		laravel.Redirect(v.w, http.MethodDelete, "/")
		return nil
	}
	laravel.Private(v.w.Header())
	v.w.Header().Set("X-Inertia-Location", strings.TrimRight(v.site.URL, "/")+"/")
	v.w.WriteHeader(http.StatusConflict)
	return nil
}

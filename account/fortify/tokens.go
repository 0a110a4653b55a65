package fortify

import (
	"net/http"
	"strconv"

	"madang/account/laravel"
	"madang/account/signin"
	"madang/account/words"
)

// A token is one of somebody's API tokens as their page shows it.
type token struct {
	ID          int64    `json:"id"`
	Name        string   `json:"name"`
	Abilities   []string `json:"abilities"`
	LastUsedAt  *string  `json:"last_used_at"`
	LastUsedAgo *string  `json:"last_used_ago"`
	CreatedAt   string   `json:"created_at"`
}

func (v *visit) tokensPage() error {
	all, err := v.Service.APITokens(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	tokens := make([]token, 0, len(all))
	for _, x := range all {
		t := token{ID: x.ID, Name: x.Name, Abilities: list(x.Abilities), CreatedAt: stamp(x.CreatedAt)}
		if !x.UsedAt.IsZero() {
			at, ago := stamp(x.UsedAt), v.from.Speaker.Ago(v.Now().Sub(x.UsedAt))
			t.LastUsedAt, t.LastUsedAgo = &at, &ago
		}
		tokens = append(tokens, t)
	}
	c := v.Service.Config()
	v.page("API/Index", http.StatusOK, map[string]any{
		"tokens": tokens, "availablePermissions": list(c.Abilities), "defaultPermissions": list(c.DefaultAbilities),
	})
	return nil
}

// list is a list that JSON writes as one when it is empty.
func list(all []string) []string {
	if all == nil {
		return []string{}
	}
	return all
}

// addToken makes a token, which the next page shows once. Jetstream leaves out the number before it; here it belongs to the
// token, which is found by it.
func (v *visit) addToken() error {
	if e := v.wrong("name"); e.Any() {
		return laravel.Invalid(e)
	}
	_, secret, err := v.Service.AddAPIToken(v.r.Context(), v.from, v.who, v.in.Text("name"), v.in.List("permissions"))
	if err != nil {
		return err
	}
	v.leave(laravel.Flash{Token: secret})
	v.goBack()
	return nil
}

func (v *visit) updateToken() error {
	if v.in.Has("permissions") && v.in.Text("permissions") != "" {
		e := words.NewErrors(v.from.Speaker)
		e.Add("permissions", words.Array)
		return laravel.Invalid(e)
	}
	id, err := v.tokenID()
	if err == nil {
		err = v.Service.SetAbilities(v.r.Context(), v.from, v.who, id, v.in.List("permissions"))
	}
	if err != nil {
		return err
	}
	v.seeBack()
	return nil
}

func (v *visit) endToken() error {
	id, err := v.tokenID()
	if err == nil {
		err = v.Service.EndAPIToken(v.r.Context(), v.from, v.who, id)
	}
	if err != nil {
		return err
	}
	v.seeBack()
	return nil
}

// tokenID is the number in the path.
func (v *visit) tokenID() (int64, error) {
	text := v.r.PathValue("token")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != text {
		return 0, &signin.Refusal{Class: signin.NotFound, Code: signin.CodeNotFound}
	}
	return id, nil
}

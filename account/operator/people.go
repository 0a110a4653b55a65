package operator

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"madang/account"
	"madang/account/gate"
	"madang/account/signin"
)

// Most is how many people or entries are listed at a time.
const Most = 1000

// find returns somebody by id or address.
func (o *Operator) find(ctx context.Context, guard, who string) (*signin.Service, account.Person, error) {
	s, err := o.guard(guard)
	if err != nil {
		return nil, account.Person{}, err
	}
	var p account.Person
	if id, e := strconv.ParseInt(who, 10, 64); e == nil && id > 0 {
		p, err = s.Find(ctx, id)
	} else {
		p, err = s.FindEmail(ctx, who)
	}
	return s, p, explain(err, who+" for guard "+guard)
}

func (o *Operator) holder(guard string, id int64) gate.Holder {
	return gate.Holder{App: o.App, Guard: guard, Person: id}
}

func (o *Operator) see(ctx context.Context, guard string, p account.Person) (Person, error) {
	r, err := o.Gate.Rights(ctx, o.holder(guard, p.ID))
	return seen(p, guard, r), err
}

// Add adds somebody, and gives them roles. Roles that there are not are refused before.
func (o *Operator) Add(ctx context.Context, by, guard string, n Addition) (Person, error) {
	s, err := o.guard(guard)
	if err != nil {
		return Person{}, err
	}
	if err := o.knows(ctx, guard, n.Roles); err != nil {
		return Person{}, err
	}
	p, err := s.Add(ctx, by, signin.NewPerson{Name: n.Name, Email: n.Email, Password: n.Password, Locale: n.Locale, Verified: n.Verified})
	if err != nil {
		return Person{}, explain(err, n.Email)
	}
	if len(n.Roles) > 0 {
		if err := o.assign(ctx, by, guard, p.ID, Assignment{Roles: n.Roles}); err != nil {
			return Person{}, err
		}
	}
	return o.see(ctx, guard, p)
}

// List returns people of a guard in the order of their ids.
func (o *Operator) List(ctx context.Context, guard string, page Page) ([]Person, error) {
	s, err := o.guard(guard)
	if err != nil {
		return nil, err
	}
	if page.Limit < 1 || page.Limit > Most {
		return nil, fail(422, "limit: must be from 1 to %d", Most)
	}
	people, err := o.Store.People(ctx, o.App, s.Config().Provider, page.After, page.Limit)
	if err != nil {
		return nil, err
	}
	all := make([]Person, 0, len(people))
	for _, p := range people {
		x, err := o.see(ctx, guard, p)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}

// Show returns somebody with what they are signed in by.
func (o *Operator) Show(ctx context.Context, guard, who string) (Person, error) {
	_, p, err := o.find(ctx, guard, who)
	if err != nil {
		return Person{}, err
	}
	x, err := o.see(ctx, guard, p)
	if err != nil {
		return x, err
	}
	x.SignIns, err = o.signIns(ctx, p.ID)
	return x, err
}

func (o *Operator) signIns(ctx context.Context, id int64) (all []SignIn, err error) {
	now := o.Now()
	sessions, err := o.Store.Sessions(ctx, o.App, id, now)
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		if !s.Pending {
			all = append(all, SignIn{signin.KindSession, "", s.Client.Address, s.Client.UserAgent, s.CreatedAt, moment(s.SeenAt)})
		}
	}
	families, err := o.Store.Families(ctx, o.App, id, now)
	if err != nil {
		return nil, err
	}
	for _, f := range families {
		all = append(all, SignIn{signin.KindFamily, "", f.Client.Address, f.Client.UserAgent, f.CreatedAt, moment(f.SeenAt)})
	}
	tokens, err := o.Store.APITokens(ctx, o.App, id, now)
	for _, t := range tokens {
		all = append(all, SignIn{signin.KindAPIToken, t.Name, "", "", t.CreatedAt, moment(t.UsedAt)})
	}
	return all, err
}

// Password gives somebody another password and ends all they are signed in by.
func (o *Operator) Password(ctx context.Context, by, guard, who, password string) (Person, error) {
	return o.change(ctx, guard, who, func(s *signin.Service, id int64) error { return s.SetPassword(ctx, by, id, password) })
}

// Link makes a link by which somebody can choose a password. Site is where it leads, empty for the usual pages.
func (o *Operator) Link(ctx context.Context, by, guard, who, site string) (string, error) {
	s, p, err := o.find(ctx, guard, who)
	if err != nil {
		return "", err
	}
	link, err := s.ResetLink(ctx, by, site, p.ID)
	return link, explain(err, who)
}

// Verify takes the operator's word that somebody's address is theirs.
func (o *Operator) Verify(ctx context.Context, by, guard, who string) (Person, error) {
	return o.change(ctx, guard, who, func(s *signin.Service, id int64) error { return s.Prove(ctx, by, id) })
}

// Enable lets somebody sign in again, or keeps them from it and ends all they are signed in by.
func (o *Operator) Enable(ctx context.Context, by, guard, who string, on bool) (Person, error) {
	return o.change(ctx, guard, who, func(s *signin.Service, id int64) error {
		if on {
			return s.Enable(ctx, signin.From{}, by, id)
		}
		return s.Disable(ctx, signin.From{}, by, id)
	})
}

// SignOut ends all that somebody is signed in by.
func (o *Operator) SignOut(ctx context.Context, by, guard, who string) (Person, error) {
	return o.change(ctx, guard, who, func(s *signin.Service, id int64) error { return s.SignOut(ctx, signin.From{}, by, id) })
}

// change does something to somebody and returns them as they are then.
func (o *Operator) change(ctx context.Context, guard, who string, f func(*signin.Service, int64) error) (Person, error) {
	s, p, err := o.find(ctx, guard, who)
	if err != nil {
		return Person{}, err
	}
	if err := f(s, p.ID); err != nil {
		return Person{}, explain(err, who)
	}
	return o.Show(ctx, guard, p.User())
}

// Delete removes somebody, their photo, and all they are signed in by.
func (o *Operator) Delete(ctx context.Context, by, guard, who string) (Person, error) {
	s, p, err := o.find(ctx, guard, who)
	if err != nil {
		return Person{}, err
	}
	x, err := o.see(ctx, guard, p)
	if err != nil {
		return x, err
	}
	remove := func() error {
		_, err := s.Remove(ctx, by, p.ID)
		return err
	}
	if p.Photo == "" {
		err = remove()
	} else {
		err = o.Photos.Remove(ctx, p.Photo, remove)
	}
	if err != nil {
		return x, explain(err, who)
	}
	o.Gate.Forget(ctx, o.App, p.ID)
	return x, nil
}

// Assign gives somebody exactly these roles, and exactly these permissions of their own.
func (o *Operator) Assign(ctx context.Context, by, guard, who string, a Assignment) (Person, error) {
	_, p, err := o.find(ctx, guard, who)
	if err != nil {
		return Person{}, err
	}
	if err := o.knows(ctx, guard, a.Roles); err != nil {
		return Person{}, err
	}
	if err := o.assign(ctx, by, guard, p.ID, a); err != nil {
		return Person{}, err
	}
	return o.Show(ctx, guard, p.User())
}

func (o *Operator) assign(ctx context.Context, by, guard string, id int64, a Assignment) error {
	if err := o.Gate.Assign(ctx, o.holder(guard, id), a.Roles, a.Permissions); err != nil {
		return explain(err, "")
	}
	detail := guard + ": " + strings.Join(slices.Concat(a.Roles, a.Permissions), ", ")
	return o.Store.Note(ctx, account.AuditEntry{
		At: o.Now(), App: o.App, Person: id, By: by, Act: account.ActRolesChanged, Detail: detail,
	})
}

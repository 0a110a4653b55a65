package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"madang"
	"madang/device"
	"madang/device/pairing"
)

// Welcome lets a connection hear what it is there for. It is for whatever brings connections to devices, and is called again
// when one comes back with its rights renewed. ErrUnauthenticated: what it was let in by has ended; it is to be closed.
func (f *Feature) Welcome(ctx context.Context, c *madang.Conn) error {
	var err error
	switch p := c.Principal(); p.Guard {
	case GuardHub:
		err = f.welcomeBox(ctx, c, p)
	case GuardDisplay:
		err = f.welcomeDisplay(ctx, c, p)
	case GuardToken:
		err = f.welcomeToken(ctx, c, p)
	default:
		err = f.welcomePerson(ctx, c, p)
	}
	if err != nil {
		return fmt.Errorf("relay: welcome: %w", err)
	}
	return nil
}

// hear subscribes a connection to a channel.
func (f *Feature) hear(ctx context.Context, c *madang.Conn, ch madang.Channel) error {
	s, err := f.hub.Subscribe(ctx, c, ch, madang.Messages)
	if err != nil {
		return err
	}
	s.Open()
	return nil
}

// enter subscribes a connection to a channel, and makes others know that somebody is there.
func (f *Feature) enter(ctx context.Context, c *madang.Conn, ch madang.Channel) error {
	if err := f.hear(ctx, c, ch); err != nil {
		return err
	}
	return f.hub.EnterAs(ctx, c, ch, madang.Member{User: c.Principal().User})
}

// welcomeBox lets a box in, in place of the connection that it had: there is one of it.
func (f *Feature) welcomeBox(ctx context.Context, c *madang.Conn, p *madang.Principal) error {
	serial := serialOf(p)
	own := channel(p.App, hubPrefix, serial)
	if err := errors.Join(f.enter(ctx, c, own), f.enter(ctx, c, channel(p.App, displayPrefix, serial))); err != nil {
		return err
	}
	if err := f.hub.EnterAs(ctx, c, madang.Channel{App: p.App, Name: boxesName}, madang.Member{User: serial}); err != nil {
		return err
	}
	// Commands go to all that are there, and the old one may still be: first it goes.
	before := madang.Audience{In: []madang.Channel{own}, Without: []madang.ConnID{c.ID()}}
	if err := f.hub.Disconnect(ctx, before, madang.CloseNormal); err != nil {
		return err
	}
	if err := f.hub.Leave(ctx, before, own); err != nil { // its dialect may take a while to say good-bye
		return err
	}
	_, err := f.rules.Arrive(ctx, p.App, serial, string(c.ID()))
	if f.hub.Conn(c.ID()) != c { // it has ended meanwhile, and the observer may have been told before
		f.boxes.add(box{p.App, serial})
	}
	return err
}

func (f *Feature) welcomeDisplay(ctx context.Context, c *madang.Conn, p *madang.Principal) error {
	return f.WelcomeDisplay(ctx, c, p.App, serialOf(p))
}

// WelcomeDisplay lets a connection hear what the display of a hub hears, whoever its principal is: for dialects in which a display
// is nobody in particular.
func (f *Feature) WelcomeDisplay(ctx context.Context, c *madang.Conn, app, serial string) error {
	shows, sees := channel(app, displayPrefix, serial), channel(app, screenPrefix, serial)
	if err := errors.Join(f.hear(ctx, c, shows), f.hear(ctx, c, sees)); err != nil {
		return err
	}
	if err := f.hub.EnterAs(ctx, c, shows, madang.Member{User: DisplayPrincipal(app, serial).User}); err != nil {
		return err
	}
	locked, err := f.pairing.Locked(ctx, pairing.Hub{App: app, ID: serial})
	if err == nil && locked {
		f.Alarm(ctx, pairing.Hub{App: app, ID: serial})
	}
	return err
}

// welcomeToken lets in who shows a token, and looks again: it may have ended while that went on.
func (f *Feature) welcomeToken(ctx context.Context, c *madang.Conn, p *madang.Principal) error {
	jti, _ := p.Claim("jti").(string)
	_, t, err := f.rules.ByToken(ctx, p.App, jti)
	if err != nil {
		return err
	}
	for _, ch := range []madang.Channel{channel(p.App, tokenPrefix, jti), channel(p.App, homePrefix, t.Hub)} {
		if err := f.hear(ctx, c, ch); err != nil {
			return err
		}
	}
	_, _, err = f.rules.ByToken(ctx, p.App, jti)
	return err
}

// welcomePerson lets somebody hear what happens in their places, and looks again: who was removed meanwhile would be taken out
// by nobody else.
func (f *Feature) welcomePerson(ctx context.Context, c *madang.Conn, p *madang.Principal) error {
	if p.User == "" {
		return nil
	}
	if err := f.hear(ctx, c, channel(p.App, personPrefix, p.User)); err != nil {
		return err
	}
	wanted, err := f.wanted(ctx, p)
	if err != nil {
		return err
	}
	for _, ch := range wanted {
		if err := f.hear(ctx, c, ch); err != nil {
			return err
		}
	}
	if wanted, err = f.wanted(ctx, p); err != nil {
		return err
	}
	for _, s := range c.Subscriptions() {
		name := s.Channel().Name
		if (strings.HasPrefix(name, placePrefix) || strings.HasPrefix(name, homePrefix)) && !slices.Contains(wanted, s.Channel()) {
			c.Unsubscribe(s.Channel())
		}
	}
	return nil
}

// wanted returns what a person hears.
func (f *Feature) wanted(ctx context.Context, p *madang.Principal) (chs []madang.Channel, err error) {
	places, err := f.rules.Places(ctx, device.Actor{App: p.App, Person: p.User})
	for _, at := range places {
		more, moreErr := f.channelsOf(ctx, p.App, at.ID)
		chs, err = append(chs, more...), errors.Join(err, moreErr)
	}
	return chs, err
}

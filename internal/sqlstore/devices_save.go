package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"madang/device"
)

// Save implements device.Store.
func (d Devices) Save(ctx context.Context, c device.Change) error {
	return d.store.update(ctx, "save devices", func(t *tx) error {
		if err := inTurn(t, c.Places, savePlace); err != nil {
			return err
		}
		if err := inTurn(t, c.Hubs, saveHub); err != nil {
			return err
		}
		if err := inTurn(t, c.Devices, saveDevice); err != nil {
			return err
		}
		if err := inTurn(t, c.Commands, saveCommand); err != nil {
			return err
		}
		if err := inTurn(t, c.Tokens, addDeviceToken); err != nil {
			return err
		}
		for _, p := range c.NoPlaces { // its members and invitations go with it
			if err := t.fresh(device.ErrConflict, `DELETE FROM device_places WHERE app = ? AND id = ? AND rev = ?`, p.App, p.ID, p.Rev); err != nil {
				return err
			}
		}
		for _, h := range c.NoHubs {
			if err := t.fresh(device.ErrConflict, `DELETE FROM device_hubs WHERE app = ? AND serial = ? AND rev = ?`, h.App, h.Serial, h.Rev); err != nil {
				return err
			}
		}
		for _, x := range c.NoDevices {
			if err := t.exec(`DELETE FROM devices WHERE app = ? AND hub = ? AND id = ?`, x.App, x.Hub, x.ID); err != nil {
				return err
			}
		}
		for _, k := range c.NoTokens {
			if err := t.exec(`DELETE FROM device_tokens WHERE app = ? AND id = ?`, k.App, k.ID); err != nil {
				return err
			}
		}
		return inTurn(t, c.Audit, noteDevice)
	})
}

func inTurn[T any](t *tx, all []T, save func(*tx, T) error) error {
	for _, v := range all {
		if err := save(t, v); err != nil {
			return err
		}
	}
	return nil
}

// docOf is what a doc column has.
func docOf(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("%T as a document: %w", v, err)
	}
	return string(b), nil
}

func savePlace(t *tx, p device.Place) error {
	doc, err := docOf(p)
	if err != nil {
		return err
	}
	if p.Rev == 0 {
		err = t.fresh(device.ErrConflict, `INSERT INTO device_places (app, id, rev, doc) VALUES (?, ?, 1, ?) ON CONFLICT DO NOTHING`, p.App, p.ID, doc)
	} else {
		err = t.fresh(device.ErrConflict, `UPDATE device_places SET rev = rev + 1, doc = ? WHERE app = ? AND id = ? AND rev = ?`, doc, p.App, p.ID, p.Rev)
	}
	if err != nil {
		return err
	}
	if err := t.exec(`DELETE FROM device_members WHERE app = ? AND place = ?`, p.App, p.ID); err != nil {
		return err
	}
	for _, m := range p.Members {
		if err := t.exec(`INSERT INTO device_members (app, person, place) VALUES (?, ?, ?)`, p.App, m.Person, p.ID); err != nil {
			return err
		}
	}
	if err := t.exec(`DELETE FROM device_invitations WHERE app = ? AND place = ?`, p.App, p.ID); err != nil {
		return err
	}
	for _, i := range p.Invitations {
		if err := t.exec(`INSERT INTO device_invitations (app, code, place) VALUES (?, ?, ?)`, p.App, i.Code[:], p.ID); err != nil {
			return err
		}
	}
	return nil
}

func saveHub(t *tx, h device.Hub) error {
	doc, err := docOf(h)
	if err != nil {
		return err
	}
	if h.Rev == 0 {
		return t.fresh(device.ErrConflict, `INSERT INTO device_hubs (app, serial, place, link, rev, doc)
			VALUES (?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING`, h.App, h.Serial, h.Place, h.Link, doc)
	}
	return t.fresh(device.ErrConflict, `UPDATE device_hubs SET place = ?, link = ?, rev = rev + 1, doc = ?
		WHERE app = ? AND serial = ? AND rev = ?`, h.Place, h.Link, doc, h.App, h.Serial, h.Rev)
}

func saveDevice(t *tx, d device.Device) error {
	doc, err := docOf(d)
	if err != nil {
		return err
	}
	if d.Rev == 0 {
		return t.fresh(device.ErrConflict, `INSERT INTO devices (app, hub, id, rev, doc) VALUES (?, ?, ?, 1, ?) ON CONFLICT DO NOTHING`,
			d.App, d.Hub, d.ID, doc)
	}
	return t.fresh(device.ErrConflict, `UPDATE devices SET rev = rev + 1, doc = ? WHERE app = ? AND hub = ? AND id = ? AND rev = ?`,
		doc, d.App, d.Hub, d.ID, d.Rev)
}

func saveCommand(t *tx, c device.Command) error {
	doc, err := docOf(c)
	if err != nil {
		return err
	}
	expires, ended := stamp(c.ExpiresAt), sql.NullInt64{}
	if c.State.Ended() {
		// Also if nobody has said when: it is over, and is not to be found among those that are not.
		expires, ended = sql.NullInt64{}, sql.NullInt64{Int64: c.EndedAt.UnixMilli(), Valid: true}
	}
	if c.Rev == 0 {
		return t.fresh(device.ErrConflict, `INSERT INTO device_commands (app, id, hub, person, key, expires_at, ended_at, rev, doc)
			VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING`,
			c.App, c.ID, c.Hub, c.Person, sql.NullString{String: c.Key, Valid: c.Key != ""}, expires, ended, doc)
	}
	return t.fresh(device.ErrConflict, `UPDATE device_commands SET expires_at = ?, ended_at = ?, rev = rev + 1, doc = ?
		WHERE app = ? AND id = ? AND rev = ?`, expires, ended, doc, c.App, c.ID, c.Rev)
}

func addDeviceToken(t *tx, k device.Token) error {
	return t.fresh(device.ErrConflict, `INSERT INTO device_tokens (app, id, person, hub, issued_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, k.App, k.ID, k.Person, k.Hub, stamp(k.IssuedAt), k.ExpiresAt.UnixMilli())
}

func noteDevice(t *tx, e device.AuditEntry) error {
	return t.exec(`INSERT INTO device_audit (at, app, place, hub, device, command, person, act, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.At.UnixMilli(), e.App, e.Place, e.Hub, e.Device, e.Command, e.Person, e.Act, e.Detail)
}

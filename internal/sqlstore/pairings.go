package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"madang/device/pairing"
)

var _ pairing.Store = Devices{}

// unpaired makes pairing.ErrNotFound of a row that there is not.
func unpaired(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return pairing.ErrNotFound
	}
	return err
}

// Pairing implements pairing.Store.
func (d Devices) Pairing(ctx context.Context, h pairing.Hub) (pairing.State, error) {
	s := pairing.State{Hub: h}
	var c pairing.Code
	var id, requester sql.NullString
	var mac []byte
	var wrong sql.NullInt64
	err := d.store.reader(ctx).row(`SELECT codes, last_at, failed, locked, pressed_at, code, requester, mac, wrong, asked_at, expires_at, rev
		FROM device_pairings WHERE app = ? AND hub = ?`, h.App, h.ID).Scan(&s.Spent.N, moment{&s.Spent.Last}, &s.Failed, &s.Locked,
		moment{&s.Pressed}, &id, &requester, &mac, &wrong, moment{&c.AskedAt}, moment{&c.ExpiresAt}, &s.Rev)
	if errors.Is(err, sql.ErrNoRows) {
		return pairing.State{Hub: h}, nil
	}
	if err == nil && id.Valid && len(mac) != len(c.MAC) {
		err = fmt.Errorf("the MAC of a code has %d bytes", len(mac))
	}
	if err != nil {
		return pairing.State{}, d.store.explain("pairing", err)
	}
	if id.Valid {
		c.ID, c.Requester, c.Wrong = id.String, requester.String, int(wrong.Int64)
		copy(c.MAC[:], mac)
		s.Code = &c
	}
	return s, nil
}

// SavePairing implements pairing.Store.
func (d Devices) SavePairing(ctx context.Context, s pairing.State) error {
	var code [6]any
	if c := s.Code; c != nil {
		code = [6]any{c.ID, c.Requester, c.MAC[:], c.Wrong, stamp(c.AskedAt), stamp(c.ExpiresAt)}
	}
	args := append([]any{
		s.Spent.N, stamp(s.Spent.Last), s.Failed, s.Locked, stamp(s.Pressed),
	}, code[:]...)
	return d.store.update(ctx, "save a pairing", func(t *tx) error {
		if s.Rev == 0 {
			return t.fresh(pairing.ErrConflict, `INSERT INTO device_pairings (codes, last_at, failed, locked, pressed_at, code, requester, mac,
				wrong, asked_at, expires_at, rev, app, hub) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT DO NOTHING`,
				append(args, s.Hub.App, s.Hub.ID)...)
		}
		return t.fresh(pairing.ErrConflict, `UPDATE device_pairings SET codes = ?, last_at = ?, failed = ?, locked = ?, pressed_at = ?, code = ?,
			requester = ?, mac = ?, wrong = ?, asked_at = ?, expires_at = ?, rev = rev + 1 WHERE app = ? AND hub = ? AND rev = ?`,
			append(args, s.Hub.App, s.Hub.ID, s.Rev)...)
	})
}

// SweepPairings implements pairing.Store.
func (d Devices) SweepPairings(ctx context.Context, before time.Time) (int, error) {
	var n int64
	err := d.store.update(ctx, "sweep pairings", func(t *tx) (err error) {
		n, err = t.changes(`DELETE FROM device_pairings WHERE failed = 0 AND NOT locked AND coalesce(last_at < ?1, TRUE)
			AND coalesce(pressed_at < ?1, TRUE) AND (code IS NULL OR wrong = 0 AND expires_at < ?1)`, before.UnixMilli())
		return err
	})
	return int(n), err
}

// LastAsked implements pairing.Store.
func (d Devices) LastAsked(ctx context.Context, app, requester string) (pairing.Hub, error) {
	h := pairing.Hub{App: app}
	err := d.store.reader(ctx).row(`SELECT hub FROM device_pairings WHERE app = ? AND requester = ? AND code IS NOT NULL
		ORDER BY asked_at DESC, hub LIMIT 1`, app, requester).Scan(&h.ID)
	if err != nil {
		return pairing.Hub{}, d.store.explain("the hub of which a code was asked", unpaired(err))
	}
	return h, nil
}

// Tally implements pairing.Store.
func (d Devices) Tally(ctx context.Context, app, key string) (pairing.Tally, error) {
	t := pairing.Tally{App: app, Key: key}
	err := d.store.reader(ctx).row(`SELECT n, last_at, rev FROM device_tallies WHERE app = ? AND key = ?`, app, key).
		Scan(&t.Spent.N, moment{&t.Spent.Last}, &t.Rev)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return t, d.store.explain("tally", err)
}

// SaveTally implements pairing.Store.
func (d Devices) SaveTally(ctx context.Context, y pairing.Tally) error {
	return d.store.update(ctx, "save a tally", func(t *tx) error {
		if y.Rev == 0 {
			return t.fresh(pairing.ErrConflict, `INSERT INTO device_tallies (n, last_at, rev, app, key) VALUES (?, ?, 1, ?, ?) ON CONFLICT DO NOTHING`,
				y.Spent.N, stamp(y.Spent.Last), y.App, y.Key)
		}
		return t.fresh(pairing.ErrConflict, `UPDATE device_tallies SET n = ?, last_at = ?, rev = rev + 1 WHERE app = ? AND key = ? AND rev = ?`,
			y.Spent.N, stamp(y.Spent.Last), y.App, y.Key, y.Rev)
	})
}

// SweepTallies implements pairing.Store.
func (d Devices) SweepTallies(ctx context.Context, before time.Time) (int, error) {
	var n int64
	err := d.store.update(ctx, "sweep tallies", func(t *tx) (err error) {
		n, err = t.changes(`DELETE FROM device_tallies WHERE last_at < ?`, before.UnixMilli())
		return err
	})
	return int(n), err
}

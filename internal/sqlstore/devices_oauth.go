package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"madang/device"
	"madang/device/oauth"
	"madang/device/pairing"
)

var _ oauth.Store = Devices{}

// grantDoc is what of a request is only ever read and written whole.
type grantDoc struct {
	Address             string
	AskedAt, PolledAt   int64 // milliseconds; 0: none
	Interval            time.Duration
	State               oauth.State
	Person, Name, Place string
}

const grantColumns = `app, hub, id, device_code, user_code, expires_at, rev, doc`

func scanGrant(row Scanner) (g oauth.Grant, err error) {
	var deviceCode, userCode []byte
	var text string
	var doc grantDoc
	if err := row.Scan(&g.App, &g.Hub, &g.ID, &deviceCode, &userCode, moment{&g.ExpiresAt}, &g.Rev, &text); err != nil {
		return g, unknown(err)
	}
	if len(deviceCode) != len(g.Device) || userCode != nil && len(userCode) != len(g.User) {
		return g, fmt.Errorf("the codes of a request have %d and %d bytes", len(deviceCode), len(userCode))
	}
	copy(g.Device[:], deviceCode)
	copy(g.User[:], userCode)
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return g, fmt.Errorf("a request in the database: %w", err)
	}
	g.Address, g.Interval, g.State, g.Person, g.Name, g.Place = doc.Address, doc.Interval, doc.State, doc.Person, doc.Name, doc.Place
	g.AskedAt, g.PolledAt = ofMillis(doc.AskedAt), ofMillis(doc.PolledAt)
	return g, nil
}

// millisOf is a time in a document.
func millisOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func ofMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Grant implements oauth.Store.
func (d Devices) Grant(ctx context.Context, app, hub string) (oauth.Grant, error) {
	g, err := scanGrant(d.store.reader(ctx).row(`SELECT `+grantColumns+` FROM device_grants WHERE app = ? AND hub = ?`, app, hub))
	if errors.Is(err, device.ErrNotFound) {
		return oauth.Grant{App: app, Hub: hub}, nil
	}
	return g, d.store.explain("request of a hub", err)
}

// GrantByCode implements oauth.Store.
func (d Devices) GrantByCode(ctx context.Context, app string, code pairing.MAC) (oauth.Grant, error) {
	g, err := scanGrant(d.store.reader(ctx).row(`SELECT `+grantColumns+` FROM device_grants WHERE app = ? AND user_code = ?`, app, code[:]))
	return g, d.store.explain("request by its code", err)
}

// SaveGrant implements oauth.Store.
func (d Devices) SaveGrant(ctx context.Context, g oauth.Grant) error {
	doc, err := docOf(grantDoc{g.Address, millisOf(g.AskedAt), millisOf(g.PolledAt), g.Interval, g.State, g.Person, g.Name, g.Place})
	if err != nil {
		return err
	}
	var code any = sql.Null[[]byte]{}
	if g.User != (pairing.MAC{}) {
		code = g.User[:]
	}
	return d.store.update(ctx, "save a request of a hub", func(t *tx) error {
		if g.Rev == 0 {
			return t.fresh(device.ErrConflict, `INSERT INTO device_grants (id, device_code, user_code, expires_at, rev, doc, app, hub)
				VALUES (?, ?, ?, ?, 1, ?, ?, ?) ON CONFLICT DO NOTHING`, g.ID, g.Device[:], code, g.ExpiresAt.UnixMilli(), doc, g.App, g.Hub)
		}
		return t.fresh(device.ErrConflict, `UPDATE device_grants SET id = ?1, device_code = ?2, user_code = ?3, expires_at = ?4,
			rev = rev + 1, doc = ?5 WHERE app = ?6 AND hub = ?7 AND rev = ?8
			AND NOT EXISTS (SELECT 1 FROM device_grants o WHERE o.app = ?6 AND o.user_code = ?3 AND o.hub <> ?7)`,
			g.ID, g.Device[:], code, g.ExpiresAt.UnixMilli(), doc, g.App, g.Hub, g.Rev)
	})
}

// SweepGrants implements oauth.Store.
func (d Devices) SweepGrants(ctx context.Context, before time.Time) (int, error) {
	var n int64
	err := d.store.update(ctx, "sweep requests of hubs", func(t *tx) (err error) {
		n, err = t.changes(`DELETE FROM device_grants WHERE expires_at < ?`, before.UnixMilli())
		return err
	})
	return int(n), err
}

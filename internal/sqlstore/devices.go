package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"madang/device"
)

// Devices is the device.Store, the pairing.Store and the oauth.Store in a database.
type Devices struct{ store store }

var _ device.Store = Devices{}

// NewDevices returns the part of a database that hubs and devices use. It is open as long as the engine is.
func NewDevices(e Engine) Devices { return Devices{store{e}} }

// fresh runs a statement that changes one row if what it says is still so, and fails with conflict if it is not.
func (t *tx) fresh(conflict error, query string, args ...any) error {
	n, err := t.changes(query, args...)
	if err == nil && n == 0 {
		err = conflict
	}
	return err
}

// unknown makes device.ErrNotFound of a row that there is not.
func unknown(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return device.ErrNotFound
	}
	return err
}

// A document is kept as JSON beside its rev, which only the column knows.
type document interface {
	device.Place | device.Hub | device.Device | device.Command
}

// scanDoc reads a doc and a rev.
func scanDoc[T document](row Scanner) (v T, err error) {
	var doc string
	var rev int64
	if err := row.Scan(&doc, &rev); err != nil {
		return v, unknown(err)
	}
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		return v, fmt.Errorf("a %T in the database: %w", v, err)
	}
	switch p := any(&v).(type) {
	case *device.Place:
		p.Rev = rev
	case *device.Hub:
		p.Rev = rev
	case *device.Device:
		p.Rev = rev
	case *device.Command:
		p.Rev = rev
	}
	return v, nil
}

// oneDoc reads the doc and rev that a query returns.
func oneDoc[T document](ctx context.Context, d Devices, what, query string, args ...any) (T, error) {
	v, err := scanDoc[T](d.store.reader(ctx).row(query, args...))
	return v, d.store.explain(what, err)
}

// allDocs reads those of many.
func allDocs[T document](ctx context.Context, d Devices, what, query string, args ...any) ([]T, error) {
	rows, err := d.store.reader(ctx).rows(query, args...)
	list, err := collect(rows, err, scanDoc[T])
	return list, d.store.explain(what, err)
}

// Place implements device.PlaceStore.
func (d Devices) Place(ctx context.Context, app, id string) (device.Place, error) {
	return oneDoc[device.Place](ctx, d, "place", `SELECT doc, rev FROM device_places WHERE app = ? AND id = ?`, app, id)
}

// PlacesOf implements device.PlaceStore.
func (d Devices) PlacesOf(ctx context.Context, app, person string) ([]device.Place, error) {
	return allDocs[device.Place](ctx, d, "places", `SELECT p.doc, p.rev FROM device_members m
		JOIN device_places p ON p.app = m.app AND p.id = m.place WHERE m.app = ? AND m.person = ? ORDER BY m.place`, app, person)
}

// PlaceInvited implements device.PlaceStore.
func (d Devices) PlaceInvited(ctx context.Context, app string, code device.Hash) (device.Place, error) {
	return oneDoc[device.Place](ctx, d, "place by invitation", `SELECT p.doc, p.rev FROM device_invitations i
		JOIN device_places p ON p.app = i.app AND p.id = i.place WHERE i.app = ? AND i.code = ?`, app, code[:])
}

// Hub implements device.HubStore.
func (d Devices) Hub(ctx context.Context, app, serial string) (device.Hub, error) {
	return oneDoc[device.Hub](ctx, d, "hub", `SELECT doc, rev FROM device_hubs WHERE app = ? AND serial = ?`, app, serial)
}

// HubsOf implements device.HubStore.
func (d Devices) HubsOf(ctx context.Context, app, place string) ([]device.Hub, error) {
	return allDocs[device.Hub](ctx, d, "hubs", `SELECT doc, rev FROM device_hubs WHERE app = ? AND place = ? ORDER BY serial`, app, place)
}

// OnlineHubs implements device.HubStore.
func (d Devices) OnlineHubs(ctx context.Context, afterApp, afterSerial string, limit int) ([]device.Hub, error) {
	return allDocs[device.Hub](ctx, d, "hubs that are online", `SELECT doc, rev FROM device_hubs
		WHERE link != '' AND (app, serial) > (?, ?) ORDER BY app, serial LIMIT ?`, afterApp, afterSerial, max(0, limit))
}

// Hubs implements device.HubStore.
func (d Devices) Hubs(ctx context.Context, app, after string, limit int) ([]device.Hub, error) {
	return allDocs[device.Hub](ctx, d, "hubs of an app", `SELECT doc, rev FROM device_hubs WHERE app = ? AND serial > ? ORDER BY serial LIMIT ?`,
		app, after, max(0, limit))
}

// Device implements device.HubStore.
func (d Devices) Device(ctx context.Context, app, hub, id string) (device.Device, error) {
	return oneDoc[device.Device](ctx, d, "device", `SELECT doc, rev FROM devices WHERE app = ? AND hub = ? AND id = ?`, app, hub, id)
}

// Devices implements device.HubStore.
func (d Devices) Devices(ctx context.Context, app, hub string) ([]device.Device, error) {
	return allDocs[device.Device](ctx, d, "devices", `SELECT doc, rev FROM devices WHERE app = ? AND hub = ? ORDER BY id`, app, hub)
}

// Command implements device.CommandStore.
func (d Devices) Command(ctx context.Context, app, id string) (device.Command, error) {
	return oneDoc[device.Command](ctx, d, "command", `SELECT doc, rev FROM device_commands WHERE app = ? AND id = ?`, app, id)
}

// CommandByKey implements device.CommandStore.
func (d Devices) CommandByKey(ctx context.Context, app, person, key string) (device.Command, error) {
	return oneDoc[device.Command](ctx, d, "command by key", `SELECT doc, rev FROM device_commands WHERE app = ? AND person = ? AND key = ?`,
		app, person, key)
}

// The queries that are asked all the time; see Frequent.
func openCommandsQuery(w Words) string {
	return `SELECT doc, rev FROM device_commands` + w.by("device_commands_open") + ` WHERE app = ? AND hub = ? AND ended_at IS NULL ORDER BY id`
}

func commandsOfQuery(w Words) string {
	return `SELECT doc, rev FROM device_commands` + w.by("device_commands_hub") + `
		WHERE app = ?1 AND hub = ?2 AND (id < ?3 OR ?3 = '') ORDER BY id DESC LIMIT ?4`
}

const dueCommandsQuery = `SELECT doc, rev FROM device_commands WHERE ended_at IS NULL AND expires_at <= ? ORDER BY expires_at, id LIMIT ?`

// OpenCommands implements device.CommandStore.
func (d Devices) OpenCommands(ctx context.Context, app, hub string) ([]device.Command, error) {
	return allDocs[device.Command](ctx, d, "open commands", openCommandsQuery(d.store.Words()), app, hub)
}

// CommandsOf implements device.CommandStore.
func (d Devices) CommandsOf(ctx context.Context, app, hub, before string, limit int) ([]device.Command, error) {
	return allDocs[device.Command](ctx, d, "commands of a hub", commandsOfQuery(d.store.Words()), app, hub, before, max(0, limit))
}

// DueCommands implements device.CommandStore.
func (d Devices) DueCommands(ctx context.Context, at time.Time, limit int) ([]device.Command, error) {
	return allDocs[device.Command](ctx, d, "due commands", dueCommandsQuery, at.UnixMilli(), max(0, limit))
}

const pairedColumns = `app, id, person, hub, issued_at, expires_at`

func scanDeviceToken(row Scanner) (k device.Token, err error) {
	err = row.Scan(&k.App, &k.ID, &k.Person, &k.Hub, moment{&k.IssuedAt}, moment{&k.ExpiresAt})
	return k, unknown(err)
}

// Token implements device.TokenStore.
func (d Devices) Token(ctx context.Context, app, id string, at time.Time) (device.Token, error) {
	k, err := scanDeviceToken(d.store.reader(ctx).row(`SELECT `+pairedColumns+` FROM device_tokens WHERE app = ? AND id = ? AND expires_at > ?`,
		app, id, at.UnixMilli()))
	return k, d.store.explain("device token", err)
}

// TokensOf implements device.TokenStore.
func (d Devices) TokensOf(ctx context.Context, app, hub string, at time.Time) ([]device.Token, error) {
	rows, err := d.store.reader(ctx).rows(`SELECT `+pairedColumns+` FROM device_tokens
		WHERE app = ? AND hub = ? AND expires_at > ? ORDER BY id`, app, hub, at.UnixMilli())
	list, err := collect(rows, err, scanDeviceToken)
	return list, d.store.explain("device tokens", err)
}

// Audit implements device.Store.
func (d Devices) Audit(ctx context.Context, q device.AuditQuery) ([]device.AuditEntry, error) {
	rows, err := d.store.reader(ctx).rows(`SELECT id, at, app, place, hub, device, command, person, act, detail FROM device_audit
		WHERE app = ?1 AND place = ?2 AND (id < ?3 OR ?3 = 0) ORDER BY id DESC LIMIT ?4`, q.App, q.Place, q.Before, max(0, q.Limit))
	list, err := collect(rows, err, func(row Scanner) (e device.AuditEntry, err error) {
		err = row.Scan(&e.ID, moment{&e.At}, &e.App, &e.Place, &e.Hub, &e.Device, &e.Command, &e.Person, &e.Act, &e.Detail)
		return e, err
	})
	return list, d.store.explain("audit of a place", err)
}

// Sweep implements device.Store.
func (d Devices) Sweep(ctx context.Context, before, now time.Time) (n int, err error) {
	err = d.store.update(ctx, "sweep devices", func(t *tx) error {
		n = 0
		for _, s := range []struct {
			query string
			at    time.Time
		}{
			{`DELETE FROM device_commands WHERE ended_at < ?`, before},
			{`DELETE FROM device_audit WHERE at < ?`, before},
			{`DELETE FROM device_tokens WHERE expires_at <= ?`, now},
		} {
			gone, err := t.changes(s.query, s.at.UnixMilli())
			if err != nil {
				return err
			}
			n += int(gone)
		}
		return nil
	})
	return n, err
}

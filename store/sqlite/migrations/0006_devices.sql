-- Hubs at home and their pairing. Times are milliseconds since 1970 in UTC, NULL where there is none. What is only ever read
-- and written whole is JSON in doc; beside it is what things are found by. rev grows by one with each change.

CREATE TABLE device_places (
	app TEXT    NOT NULL,
	id  TEXT    NOT NULL,
	rev INTEGER NOT NULL,
	doc TEXT    NOT NULL,
	PRIMARY KEY (app, id)
) STRICT, WITHOUT ROWID;

-- Who is a member, and which codes invite: both also in doc.
CREATE TABLE device_members (
	app    TEXT NOT NULL,
	person TEXT NOT NULL,
	place  TEXT NOT NULL,
	PRIMARY KEY (app, person, place),
	FOREIGN KEY (app, place) REFERENCES device_places (app, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX device_members_place ON device_members (app, place);

CREATE TABLE device_invitations (
	app   TEXT NOT NULL,
	code  BLOB NOT NULL,
	place TEXT NOT NULL,
	PRIMARY KEY (app, code),
	FOREIGN KEY (app, place) REFERENCES device_places (app, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX device_invitations_place ON device_invitations (app, place);

CREATE TABLE device_hubs (
	app    TEXT    NOT NULL,
	serial TEXT    NOT NULL,
	place  TEXT    NOT NULL,
	link   TEXT    NOT NULL, -- empty: it is away
	rev    INTEGER NOT NULL,
	doc    TEXT    NOT NULL,
	PRIMARY KEY (app, serial)
) STRICT, WITHOUT ROWID;

CREATE INDEX device_hubs_place ON device_hubs (app, place, serial);
CREATE INDEX device_hubs_online ON device_hubs (app, serial) WHERE link != '';

CREATE TABLE devices (
	app TEXT    NOT NULL,
	hub TEXT    NOT NULL,
	id  TEXT    NOT NULL,
	rev INTEGER NOT NULL,
	doc TEXT    NOT NULL,
	PRIMARY KEY (app, hub, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_commands (
	app        TEXT    NOT NULL,
	id         TEXT    NOT NULL,
	hub        TEXT    NOT NULL,
	person     TEXT    NOT NULL,
	key        TEXT,             -- NULL: none
	expires_at INTEGER,          -- NULL: it has ended
	ended_at   INTEGER,
	rev        INTEGER NOT NULL,
	doc        TEXT    NOT NULL,
	PRIMARY KEY (app, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX device_commands_key ON device_commands (app, person, key) WHERE key IS NOT NULL;
CREATE INDEX device_commands_open ON device_commands (app, hub, id) WHERE ended_at IS NULL;
CREATE INDEX device_commands_due ON device_commands (expires_at, id) WHERE ended_at IS NULL;
CREATE INDEX device_commands_ended ON device_commands (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE device_tokens (
	app        TEXT    NOT NULL,
	id         TEXT    NOT NULL,
	person     TEXT    NOT NULL,
	hub        TEXT    NOT NULL,
	issued_at  INTEGER,
	expires_at INTEGER NOT NULL,
	PRIMARY KEY (app, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX device_tokens_hub ON device_tokens (app, hub, id);
CREATE INDEX device_tokens_expiry ON device_tokens (expires_at);

CREATE TABLE device_audit (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	at      INTEGER NOT NULL,
	app     TEXT    NOT NULL,
	place   TEXT    NOT NULL,
	hub     TEXT    NOT NULL,
	device  TEXT    NOT NULL,
	command TEXT    NOT NULL,
	person  TEXT    NOT NULL,
	act     TEXT    NOT NULL,
	detail  TEXT    NOT NULL
) STRICT;

CREATE INDEX device_audit_place ON device_audit (app, place, id);
CREATE INDEX device_audit_time ON device_audit (at);

-- The pairing of a hub. The columns of the code are NULL if none is shown.
CREATE TABLE device_pairings (
	app        TEXT    NOT NULL,
	hub        TEXT    NOT NULL,
	codes      INTEGER NOT NULL, -- asked for since the last rest
	last_at    INTEGER,
	failed     INTEGER NOT NULL,
	locked     INTEGER NOT NULL,
	pressed_at INTEGER,
	code       TEXT,             -- its id
	requester  TEXT,
	mac        BLOB,
	wrong      INTEGER,
	asked_at   INTEGER,
	expires_at INTEGER,
	rev        INTEGER NOT NULL,
	PRIMARY KEY (app, hub)
) STRICT, WITHOUT ROWID;

CREATE INDEX device_pairings_requester ON device_pairings (app, requester, asked_at) WHERE code IS NOT NULL;

CREATE TABLE device_tallies (
	app     TEXT    NOT NULL,
	key     TEXT    NOT NULL,
	n       INTEGER NOT NULL,
	last_at INTEGER,
	rev     INTEGER NOT NULL,
	PRIMARY KEY (app, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX device_tallies_last ON device_tallies (last_at);

-- Times are milliseconds since 1970 in UTC. rooms.pk keeps the big tables' keys small; ids are unique within an app.

CREATE TABLE rooms (
	pk           INTEGER PRIMARY KEY,
	app          TEXT    NOT NULL,
	id           TEXT    NOT NULL,
	kind         TEXT    NOT NULL,
	dm_key       TEXT,
	name         TEXT    NOT NULL,
	last_seq     INTEGER NOT NULL DEFAULT 0,
	last_rev     INTEGER NOT NULL DEFAULT 0,
	last_at      INTEGER NOT NULL,
	member_count INTEGER NOT NULL DEFAULT 0,
	created_at   INTEGER NOT NULL,
	UNIQUE (app, id),
	UNIQUE (app, dm_key)
) STRICT;

CREATE INDEX rooms_public ON rooms (app, id) WHERE kind = 'public';

-- id is there for a full-text index, which needs a rowid to point to.
CREATE TABLE messages (
	id         INTEGER PRIMARY KEY,
	room       INTEGER NOT NULL REFERENCES rooms (pk),
	seq        INTEGER NOT NULL,
	rev        INTEGER NOT NULL,
	sender     TEXT    NOT NULL,
	nonce      TEXT,
	kind       TEXT    NOT NULL,
	body       TEXT    NOT NULL,
	deleted_at INTEGER,
	created_at INTEGER NOT NULL,
	UNIQUE (room, seq)
) STRICT;

CREATE UNIQUE INDEX messages_nonce ON messages (room, sender, nonce) WHERE nonce IS NOT NULL;

-- The few messages that never count as unread; queries repeat the condition word for word to get this index.
CREATE INDEX messages_uncounted ON messages (room, seq) WHERE kind = 'system' OR deleted_at IS NOT NULL;

CREATE TABLE members (
	room              INTEGER NOT NULL REFERENCES rooms (pk),
	app               TEXT    NOT NULL,
	user_id           TEXT    NOT NULL,
	role              TEXT    NOT NULL,
	joined_seq        INTEGER NOT NULL,
	joined_at         INTEGER NOT NULL,
	left_at           INTEGER,
	read_seq          INTEGER NOT NULL,
	read_at           INTEGER,
	hidden_before_seq INTEGER NOT NULL DEFAULT 0,
	rev               INTEGER NOT NULL,
	PRIMARY KEY (room, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_user ON members (app, user_id, room) WHERE left_at IS NULL;

-- AUTOINCREMENT: an id must never come back, or a late acknowledgement would remove somebody else's entry.
CREATE TABLE outbox (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	room       INTEGER NOT NULL REFERENCES rooms (pk),
	seq        INTEGER NOT NULL,
	rev        INTEGER NOT NULL,
	type       TEXT    NOT NULL,
	attempts   INTEGER NOT NULL DEFAULT 0,
	next_at    INTEGER NOT NULL DEFAULT 0,
	claimed_by TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX outbox_room ON outbox (room, id);

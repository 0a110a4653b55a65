-- Accounts. Times are milliseconds since 1970 in UTC, NULL where there is none. Hashes are SHA-256 of random secrets.

-- Ids are given per app and never again, whoever is deleted.
CREATE TABLE account_counters (
	app         TEXT    NOT NULL PRIMARY KEY,
	last_person INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE people (
	app                 TEXT    NOT NULL,
	id                  INTEGER NOT NULL,
	provider            TEXT    NOT NULL,
	name                TEXT    NOT NULL,
	email               TEXT    NOT NULL,
	canonical_email     TEXT    NOT NULL,
	verified_at         INTEGER,
	password            TEXT    NOT NULL,
	locale              TEXT    NOT NULL,
	photo               TEXT    NOT NULL,
	disabled_at         INTEGER,
	factor_secret       BLOB,
	factor_codes        BLOB,
	factor_confirmed_at INTEGER,
	factor_step         INTEGER NOT NULL,
	created_at          INTEGER,
	updated_at          INTEGER,
	rev                 INTEGER NOT NULL,
	PRIMARY KEY (app, id),
	UNIQUE (app, provider, canonical_email)
) STRICT, WITHOUT ROWID;

CREATE INDEX people_provider ON people (app, provider, id);

CREATE TABLE sessions (
	app          TEXT    NOT NULL,
	id           BLOB    NOT NULL,
	person       INTEGER NOT NULL,
	pending      INTEGER NOT NULL,
	remember     INTEGER NOT NULL,
	confirmed_at INTEGER,
	address      TEXT    NOT NULL,
	user_agent   TEXT    NOT NULL,
	created_at   INTEGER,
	seen_at      INTEGER,
	expires_at   INTEGER NOT NULL,
	PRIMARY KEY (app, id),
	FOREIGN KEY (app, person) REFERENCES people (app, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_person ON sessions (app, person);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE token_families (
	app          TEXT    NOT NULL,
	id           TEXT    NOT NULL,
	person       INTEGER NOT NULL,
	guard        TEXT    NOT NULL,
	current_hash BLOB    NOT NULL,
	generation   INTEGER NOT NULL,
	address      TEXT    NOT NULL,
	user_agent   TEXT    NOT NULL,
	created_at   INTEGER,
	seen_at      INTEGER,
	expires_at   INTEGER NOT NULL,
	PRIMARY KEY (app, id),
	FOREIGN KEY (app, person) REFERENCES people (app, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX token_families_person ON token_families (app, person);
CREATE INDEX token_families_expiry ON token_families (expires_at);

-- AUTOINCREMENT: an id is part of the token, and must never come back with another secret.
CREATE TABLE api_tokens (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	app        TEXT    NOT NULL,
	person     INTEGER NOT NULL,
	name       TEXT    NOT NULL,
	hash       BLOB    NOT NULL,
	abilities  TEXT    NOT NULL,
	created_at INTEGER,
	used_at    INTEGER,
	expires_at INTEGER,
	FOREIGN KEY (app, person) REFERENCES people (app, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX api_tokens_person ON api_tokens (app, person, id);

CREATE TABLE one_times (
	app        TEXT    NOT NULL,
	person     INTEGER NOT NULL,
	purpose    TEXT    NOT NULL,
	hash       BLOB    NOT NULL,
	email      TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	PRIMARY KEY (app, person, purpose),
	FOREIGN KEY (app, person) REFERENCES people (app, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX one_times_hash ON one_times (app, purpose, hash);

CREATE TABLE roles (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	app         TEXT NOT NULL,
	guard       TEXT NOT NULL,
	name        TEXT NOT NULL,
	permissions TEXT NOT NULL,
	UNIQUE (app, guard, name)
) STRICT;

CREATE TABLE person_roles (
	app    TEXT    NOT NULL,
	person INTEGER NOT NULL,
	role   INTEGER NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
	PRIMARY KEY (app, person, role),
	FOREIGN KEY (app, person) REFERENCES people (app, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX person_roles_role ON person_roles (role);

CREATE TABLE person_permissions (
	app         TEXT    NOT NULL,
	person      INTEGER NOT NULL,
	guard       TEXT    NOT NULL,
	permissions TEXT    NOT NULL,
	PRIMARY KEY (app, person, guard),
	FOREIGN KEY (app, person) REFERENCES people (app, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	at         INTEGER NOT NULL,
	app        TEXT    NOT NULL,
	person     INTEGER NOT NULL,
	done_by    TEXT    NOT NULL,
	act        TEXT    NOT NULL,
	address    TEXT    NOT NULL,
	user_agent TEXT    NOT NULL,
	detail     TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_app ON audit (app, id);
CREATE INDEX audit_person ON audit (app, person, id);
CREATE INDEX audit_act ON audit (app, act, id);
CREATE INDEX audit_time ON audit (at);

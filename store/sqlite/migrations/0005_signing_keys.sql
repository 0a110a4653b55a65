-- The keys that sign access tokens, sealed. The one with the greatest number is the newest.
CREATE TABLE signing_keys (
	number     INTEGER PRIMARY KEY AUTOINCREMENT,
	app        TEXT    NOT NULL,
	id         TEXT    NOT NULL,
	sealed     BLOB    NOT NULL,
	created_at INTEGER,
	signs_at   INTEGER,
	UNIQUE (app, id)
) STRICT;

CREATE INDEX signing_keys_app ON signing_keys (app, number);

-- Commands of a hub, the newest first.
CREATE INDEX device_commands_hub ON device_commands (app, hub, id);

-- What hubs ask for by RFC 8628: the last request of each. Times as in 0006.
CREATE TABLE device_grants (
	app         TEXT    NOT NULL,
	hub         TEXT    NOT NULL,
	id          TEXT    NOT NULL,
	device_code BLOB    NOT NULL, -- its hash
	user_code   BLOB,             -- its MAC; NULL: it is good no longer
	expires_at  INTEGER NOT NULL,
	rev         INTEGER NOT NULL,
	doc         TEXT    NOT NULL,
	PRIMARY KEY (app, hub)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX device_grants_user_code ON device_grants (app, user_code) WHERE user_code IS NOT NULL;
CREATE INDEX device_grants_expiry ON device_grants (expires_at);

-- Who has been here: names for people to read, and when they were last seen. Accounts are somebody else's business.
CREATE TABLE chat_users (
	app     TEXT    NOT NULL,
	id      TEXT    NOT NULL,
	name    TEXT    NOT NULL,
	seen_at INTEGER NOT NULL,
	PRIMARY KEY (app, id)
) STRICT, WITHOUT ROWID;

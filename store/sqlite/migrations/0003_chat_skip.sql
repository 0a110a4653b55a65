-- The connection that is not told of the message: its sender's own.
ALTER TABLE outbox ADD COLUMN skip TEXT NOT NULL DEFAULT '';

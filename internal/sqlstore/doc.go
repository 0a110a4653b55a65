// Package sqlstore is what the stores on SQL databases have in common: the statements by which chat, accounts and devices
// keep their data, over the little that a database has to do itself, its [Engine]. The tables are the engine's, under the
// same names.
//
// The statements are written in the SQL that SQLite and PostgreSQL both understand. Where they do not agree, an engine says
// its own word ([Words]), or does the whole method itself: there are few such places, and no dialect is generated.
//
// # Who may write at once
//
// An engine may run several transactions at a time, as PostgreSQL does. Therefore a row that a transaction looks for, to
// decide by it, is kept from others until its end (Words.Lock); what no row can be locked for, because there is none yet, the
// tables' unique keys decide, and the engine then runs the loser's transaction again from its start. So a function that is
// given to [Engine.Update] sets all that it returns anew, each time it is run.
package sqlstore

// Package mutable changes, deletes, appends to and annotates messages that have been published, and tells what has become of
// them. Both interfaces of this dialect, realtime and REST, do it through one [Channels].
//
// Everything is an entry of the channel's log (see package edits): updates and appends as messages, which clients of other
// dialects hear as such; deletions as [madang.AsideEvent] and annotations as [madang.NoteEvent], for which other dialects
// have no words. What a message's annotations come to is told as an AsideEvent that is not kept, because it follows from what
// is.
//
// What is no longer kept cannot be changed. Every change is a new entry with the whole message, or begins from one that is
// not much older, so that a message that is worked on stays.
package mutable

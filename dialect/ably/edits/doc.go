// Package edits puts messages together that were changed and annotated after they had been published.
//
// A channel's log is never changed: an update, a deletion, something appended, and an annotation are entries of their own that
// name the message they are about ([shape.Edit], [shape.Note]). What a message is now, what it was before, and what its
// annotations come to is a fold over the entries, in their order. Every node that folds the same entries comes to the same
// result. The package does no more than that: it reads no log, and waits for nothing.
//
// The rules are those of Ably's documentation on "Updates, deletes and appends" and "Message annotations". Madang is not an
// Ably product: this dialect is community-built.
package edits

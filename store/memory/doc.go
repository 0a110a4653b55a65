// Package memory holds the reference stores: plain maps behind a mutex. They are the contracts of the features written
// as simply as possible, for tests and for servers that may forget everything when they stop.
package memory

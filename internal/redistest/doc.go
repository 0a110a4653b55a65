// Package redistest starts real Redis servers for tests: one alone, some under Sentinels, or a Cluster. They listen on free
// ports of 127.0.0.1, keep nothing on disk that outlives the test, and end with it.
package redistest

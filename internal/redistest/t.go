package redistest

// T is what the package needs of a testing.TB. A program that is no test can be one, too.
type T interface {
	Helper()
	Fatal(args ...any)                 // does not return
	Fatalf(format string, args ...any) // does not return
	TempDir() string                   // a folder that is removed in the end
	Cleanup(f func())                  // f runs in the end, what came last first
}

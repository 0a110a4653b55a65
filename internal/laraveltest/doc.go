// Package laraveltest runs the Laravel application of examples/laravel-echo for tests: real broadcasts from it, and its
// real /broadcasting/auth. [In] runs another application. The framework is Debian's; where it is missing the test fails
// with the command that installs it.
package laraveltest

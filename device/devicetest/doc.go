// Package devicetest is the suites that every store of package device, of device/pairing and of device/oauth must pass.
package devicetest

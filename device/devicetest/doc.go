// Package devicetest is the suites that every store of package device and of device/pairing must pass.
package devicetest

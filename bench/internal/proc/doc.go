// Package proc runs the measured servers as child processes and reads what the
// kernel says about them: processor time and resident memory.
//
// The package needs Linux.
package proc

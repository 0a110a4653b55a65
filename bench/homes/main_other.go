//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "homes: this command needs Linux")
	os.Exit(2)
}

//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench: it reads sockets with epoll and processes in /proc, so it needs Linux")
	os.Exit(1)
}

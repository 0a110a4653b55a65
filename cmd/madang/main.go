// Command madang is the realtime server. A server with other parts is a copy of this file with another assembly.
package main

import (
	"os"

	"madang/server"
	"madang/server/cli"
)

func main() {
	os.Exit(cli.Main(server.Assembly{Name: "madang"}, cli.Commands()))
}

// Command madang is the realtime server. A server with other parts is a copy of this file with another assembly.
package main

import (
	"os"

	"madang/server/cli"
	"madang/server/standard"
)

func main() {
	os.Exit(cli.Main(standard.Assembly(), standard.Commands()))
}

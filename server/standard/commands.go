package standard

import "madang/server/cli"

// Commands returns what the stock server's command line has.
func Commands() []cli.Command { return cli.Commands() }

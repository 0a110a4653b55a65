package standard

import (
	"fmt"
	"time"

	"madang/broker/redis"
	"madang/inlet/laravel"
	"madang/server"
	"madang/server/cli"
)

// Commands returns what the stock server's command line has.
func Commands() []cli.Command {
	return append(cli.Commands(),
		cli.Command{Name: "member", Help: "Look after members, who sign in with browsers.", Grammar: &people[ofWeb]{}},
		cli.Command{Name: "user", Help: "Look after users, who sign in with apps.", Grammar: &people[ofAPI]{}},
		cli.Command{Name: "role", Help: "Look after roles and what they allow.", Grammar: &roles{}},
		cli.Command{Name: "hub", Help: "Look after the hubs of devices at home.", Grammar: &hubs{}},
		cli.Command{Name: "migrate", Help: "Look after the tables of the store.", Grammar: &migrate{}},
		cli.Command{Name: "audit", Help: "Show what happened to accounts.", Grammar: &audit{}},
		cli.Command{Name: "simulate", Help: "Simulate what is not at hand: a home of devices.", Grammar: &simulation{}},
		cli.Command{Name: "doctor", Help: "Look for what is wrong between this server and its neighbours.", Grammar: &doctor{}},
	)
}

// doctor is the command with one subcommand for each neighbour.
type doctor struct {
	Laravel doctorLaravel `cmd:"" help:"Listen at Redis for what Laravel publishes, and say what would be delivered and what not."`
	Redis   doctorRedis   `cmd:"" help:"Connect to the Redis between nodes as a node does, and say what is wrong with address, certificates, user or rights."`
}

// doctorLaravel is the command "doctor laravel". It opens no store and listens on no port, so it works beside a running
// server.
type doctorLaravel struct {
	For   time.Duration `help:"How long to listen." default:"30s"`
	Redis string        `help:"Address of Redis instead of the configured one: redis://host:6379." placeholder:"URL"`
}

// Run prints what is heard on the standard output.
func (d *doctorLaravel) Run(c *cli.Context) error {
	set, err := c.Load()
	if err != nil {
		return err
	}
	c.Warn(set)
	section, err := server.SectionOf[laravel.Config](set)
	if err != nil {
		return err
	}
	if d.Redis != "" {
		section.URL, section.Addresses, section.Master = d.Redis, nil, ""
	}
	if !section.On() {
		section.URL = "redis://127.0.0.1:6379"
		fmt.Fprintf(c.Stdout, "No Redis is configured (laravel.url, or a file with --echo-config); trying %s.\n", section.URL)
	}
	return laravel.Diagnose(c.Soft, *section, c.Stdout, d.For)
}

// doctorRedis is the command "doctor redis". It works beside a running server.
type doctorRedis struct{}

// Run prints what was found on the standard output.
func (doctorRedis) Run(c *cli.Context) error {
	set, err := c.Load()
	if err != nil {
		return err
	}
	c.Warn(set)
	section, err := server.SectionOf[redis.Config](set)
	if err != nil {
		return err
	}
	if !section.On() {
		fmt.Fprintln(c.Stdout, "No Redis is configured (redis.url): this node is alone.")
		return nil
	}
	found, err := redis.Diagnose(c.Soft, *section)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.Stdout, found)
	return nil
}

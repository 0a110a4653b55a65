// Command relay is the stock server with boxes at home that are known from the beginning, each in a place of its own person, for
// bench/homes. Their secrets are written to a file, a line "serial secret" for each.
//
//	HOMES_COUNT=1000 HOMES_SECRETS=file relay serve …
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"madang/device"
	"madang/server"
	"madang/server/cli"
	"madang/server/standard"
)

func main() {
	a := standard.Assembly()
	a.Parts = append(a.Parts, server.FeaturePart("homes", server.NoConfig, open))
	os.Exit(cli.Main(a, standard.Commands()))
}

// homes makes the boxes known.
type homes struct {
	rules *device.Service
	app   string
	count int
	file  string
}

func open(_ context.Context, s *server.Site, _ struct{}) (*homes, error) {
	count, err := strconv.Atoi(os.Getenv("HOMES_COUNT"))
	if err != nil {
		return nil, fmt.Errorf("HOMES_COUNT: %w", err)
	}
	h := &homes{count: count, file: os.Getenv("HOMES_SECRETS")}
	if h.file == "" || len(s.Config.Apps) == 0 {
		return nil, errors.New("homes: HOMES_SECRETS names no file, or there is no app")
	}
	h.app = s.Config.Apps[0].ID
	h.rules, err = server.Find[*device.Service](s)
	return h, err
}

// Start implements server.Starter.
func (h *homes) Start(ctx context.Context) error {
	var secrets strings.Builder
	for i := range h.count {
		serial, person := fmt.Sprintf("box-%d", i), fmt.Sprintf("person-%d", i)
		secret, err := h.rules.Register(ctx, h.app, serial, serial)
		if err != nil {
			return err
		}
		if _, err := h.rules.Grant(ctx, device.Actor{App: h.app, Person: person, Name: person}, serial, ""); err != nil {
			return err
		}
		fmt.Fprintln(&secrets, serial, secret)
	}
	if err := os.WriteFile(h.file, []byte(secrets.String()), 0o600); err != nil {
		return fmt.Errorf("homes: %w", err)
	}
	return nil
}

#!/usr/bin/env bash
# All tests there are, on a machine that may be bare: Go and Node must be there, the rest is fetched. Steps that fail do
# not keep the others from running.
. "$(dirname "$0")/steps.sh"
need go "Install Go 1.26 or newer: https://go.dev/dl"
need node "Install Node 20 or newer: https://nodejs.org, or apt-get install nodejs npm"
[ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ] || die "node $(node -v) is too old. Install Node 20 or newer."

step "compiler, browser, Redis, PostgreSQL, PHP" 900 ci/debian.sh
meanwhile "npm packages" 900 ci/npm.sh
step "gofmt" 60 ci/gofmt.sh
step "go build" 900 go build ./... # the first one compiles SQLite
step "go vet" 600 ci/vet.sh
join || summary
step "go test -race, with Socket.IO clients 1.x to 4.x" 1200 ci/race.sh
step "page: committed build is that of the sources" 180 ci/ui.sh
meanwhile "page: two browsers, mock server" 400 env E2E_AT_ONCE=2 npm run --prefix web/ui e2e # each file has its own mock
step "npm clients of WebSocket" 300 go run ./ci/gotest -race -tags=interop -count=1 ./internal/ws
step "page: types" 120 npm run --prefix web/ui check
step "page: style" 120 npm run --prefix web/ui lint
step "page: unit tests" 120 npm test --prefix web/ui
step "examples on the real server: Laravel, Ably, smart home" 900 ci/examples.sh
join
step "benchmark, smoke test" 300 ci/bench.sh
step "real server: pages, and the example NestJS" 900 ci/server.sh
summary

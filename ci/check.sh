#!/usr/bin/env bash
# The everyday check, in under three minutes once everything has been compiled: format, vet, all quick tests.
. "$(dirname "$0")/steps.sh"
need go "Install Go 1.26 or newer: https://go.dev/dl"
step "gofmt" 60 ci/gofmt.sh
step "go vet" 180 ci/vet.sh
# shellcheck disable=SC2046
step "go test -short" 300 go run ./ci/gotest -short -timeout=4m $(packages)
if [ -d web/ui/node_modules ]; then
  step "page: unit tests" 120 npm test --prefix web/ui
else
  printf '\n== page: unit tests\nnot run: npm ci --ignore-scripts --prefix web/ui\n'
fi
summary

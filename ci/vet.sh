#!/usr/bin/env bash
# go vet of everything, the tests that have a build tag among it.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2046
go vet -tags interop $(packages) && cd dialect/ably/clients/go && go vet ./... # a module of its own

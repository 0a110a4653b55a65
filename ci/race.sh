#!/usr/bin/env bash
# All Go tests with the race detector, in random order.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2046
go test -race -shuffle=on -count=1 -timeout 15m -v $(packages)

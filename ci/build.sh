#!/usr/bin/env bash
# Builds bin/madang: one static binary that knows its version from the repository.
. "$(dirname "$0")/lib.sh"
CGO_ENABLED=0 go build -trimpath -buildvcs=auto -ldflags '-s -w' -o bin/madang ./cmd/madang && bin/madang version

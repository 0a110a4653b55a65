#!/usr/bin/env bash
# Builds bin/madang: one static binary that knows its version from the repository.
. "$(dirname "$0")/lib.sh"
vcs=auto
git rev-parse HEAD >/dev/null 2>&1 || vcs=false # a copy without its history
CGO_ENABLED=0 go build -trimpath -buildvcs=$vcs -ldflags '-s -w' -o bin/madang ./cmd/madang && bin/madang version

#!/usr/bin/env bash
# Go files are as gofmt writes them.
. "$(dirname "$0")/lib.sh"
bad=$(git ls-files -z --cached --others --exclude-standard -- '*.go' | xargs -0 gofmt -l)
[ -z "$bad" ] || die "gofmt -w has something to do:" "$bad"

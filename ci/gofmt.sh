#!/usr/bin/env bash
# Go files are as gofmt writes them.
. "$(dirname "$0")/lib.sh"
bad=$(go_files | xargs gofmt -l)
[ -z "$bad" ] || die "gofmt -w has something to do:" "$bad"

#!/usr/bin/env bash
# golangci-lint over everything. Building it takes some minutes once; then it is in .cache/bin.
. "$(dirname "$0")/lib.sh"
version=2.15.0
linter=$cache/bin/golangci-lint
if ! "$linter" version 2>/dev/null | grep -q "version v\?$version "; then
  GOBIN=$cache/bin go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$version" || exit
fi
"$linter" run --timeout 15m "$@"

#!/usr/bin/env bash
# All Go tests with the race detector, in random order. Many packages wait for clients and disks: more of them than there are
# cores run at once. What fails by chance is reported as flaky (see CONTRIBUTING.md).
. "$(dirname "$0")/lib.sh"
longest=(madang/server/standard madang/dialect/ably madang/server/standard/attack madang/store/sqlite madang/chat) # begin first
# shellcheck disable=SC2046
go run ./ci/gotest "${race[@]}" -p="$(($(nproc) + 1))" -shuffle=on -count=1 -timeout=15m \
  "${longest[@]}" $(packages | grep -vxF "${longest[@]/#/-e}")

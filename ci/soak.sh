#!/usr/bin/env bash
# All Go tests with the race detector again and again for SOAK seconds (default 1800), each time in another order and with
# another number of processors. The first failure ends it.
. "$(dirname "$0")/lib.sh"
round=0 until=$((SECONDS + ${SOAK:-1800}))
while [ $SECONDS -lt $until ]; do
  round=$((round + 1))
  # shellcheck disable=SC2046
  go test -race -shuffle=on -count=1 -timeout 15m -cpu $((round % 4 + 1)) $(packages) || die "round $round failed"
done
echo "$round rounds"

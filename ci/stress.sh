#!/usr/bin/env bash
# All Go tests with the race detector again and again for STRESS seconds (default 1800), each time in another order and with
# another number of processors. The first failure ends it, that of a flaky test as well.
. "$(dirname "$0")/lib.sh"
log=$cache/log/stress.log
export FAILURES=$log.failures
round=0 until=$((SECONDS + ${STRESS:-1800}))
while [ $SECONDS -lt $until ]; do
  round=$((round + 1))
  rm -f "$FAILURES"
  # shellcheck disable=SC2046
  go run ./ci/gotest "${race[@]}" -shuffle=on -count=1 -timeout=15m -cpu=$((round % 4 + 1)) $(packages) >"$log" 2>&1
  if [ $? -ne 0 ] || [ -s "$FAILURES" ]; then
    cat "$FAILURES"
    die "round $round failed; its log is $log"
  fi
done
echo "$round rounds"

# Runs named steps one after another, times them, counts the tests in them and goes on when one fails. Sourced.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

begun=$SECONDS passed=0 failed=0
report=() troubles=() # lines of the table; the steps that have something to tell

# step NAME SECONDS COMMAND…: the command's output goes to a log; what matters of it is shown.
step() {
  local name=$1 limit=$2 start=$SECONDS log
  shift 2
  log=$(log_of "$name")
  printf '\n== %s\n' "$name"
  attempt "$log" "$limit" "$@"
  conclude "$?" "$name" "$limit" $((SECONDS - start))
}

# meanwhile NAME SECONDS COMMAND…: a step that mostly waits goes on beside those that follow, until join. There is one at a
# time.
meanwhile() {
  aside_name=$1 aside_limit=$2 aside_start=$SECONDS
  shift 2
  printf '\n== %s begins, beside what follows\n' "$aside_name"
  {
    attempt "$(log_of "$aside_name")" "$aside_limit" "$@"
    status=$?
    echo $((SECONDS - aside_start)) >"$cache/log/aside"
    exit "$status"
  } &
  aside=$!
}

# join waits for the step that meanwhile began, and reports on it.
join() {
  printf '\n== %s, to its end\n' "$aside_name"
  wait "$aside"
  conclude "$?" "$aside_name" "$aside_limit" "$(cat "$cache/log/aside")"
}

# attempt LOG SECONDS COMMAND… runs a command. Beside the log is what its Go tests report of their failures, if there are any.
attempt() {
  local log=$1 limit=$2
  shift 2
  rm -f "$log.failures"
  FAILURES=$log.failures timeout --kill-after=10 "$limit" "$@" >"$log" 2>&1
}

log_of() { printf %s "$cache/log/$(printf %s "$1" | tr -cs 'a-zA-Z0-9' -).log"; }

# conclude STATUS NAME LIMIT TOOK reports on a step that has ended, and returns its status.
conclude() {
  local status=$1 name=$2 limit=$3 took=$4 log good bad word=ok
  log=$(log_of "$name")
  grep -E '^(ok|FAIL|---? FAIL|\?) ' "$log" | grep -v 'no test files'
  read -r good bad < <(count "$log")
  passed=$((passed + good)) failed=$((failed + bad))
  if [ "$status" -ne 0 ]; then
    word=FAILED
    [ "$bad" -gt 0 ] || failed=$((failed + 1))
    if [ ! -s "$log.failures" ]; then
      { grep -E '^ *(not ok|✖) ' "$log" | head -n 20; echo "the end of $log:"; quiet "$log" | tail -n 100; } >"$log.failures"
    fi
    [ "$status" -ne 124 ] || echo "not done after $limit s" >>"$log.failures"
    printf '%s\n' "-- $name failed"
    head -n 150 "$log.failures"
  elif [ -s "$log.failures" ]; then
    word=FLAKY
  elif [ "$((good + bad))" -eq 0 ]; then
    passed=$((passed + 1)) # the step is one check
  fi
  [ "$word" = ok ] || troubles+=("$name")
  report+=("$(printf '%-6s %5d s  %5d passed %3d failed  %s' "$word" "$took" "$good" "$bad" "$name")")
  printf '%s\n' "${report[-1]}"
  return "$status"
}

# count reads how many tests passed and failed: of go test -v, node --test and vitest.
count() {
  awk '
    { gsub(/\033\[[0-9;]*m/, "") }
    /^ *--- PASS: / { good++ }
    /^ *--- FAIL: / { bad++ }
    /^FAIL\t.*\[(build|setup) failed\]/ { bad++ }
    /^(#|ℹ) pass [0-9]+$/ { good += $3 }
    /^(#|ℹ) (fail|cancelled) [0-9]+$/ { bad += $3 }
    /^ *Tests +/ { for (i = 2; i <= NF; i++) { if ($i == "passed") good += $(i-1); if ($i == "failed") bad += $(i-1) } }
    END { print good + 0, bad + 0 }' "$1"
}

# quiet leaves out what went well.
quiet() { grep -vE '^(=== |ok |\?)|^ *--- (PASS|SKIP): |^PASS$|\[rapid\] OK|^ *# Subtest: |^ *ok [0-9]+ ' "$1"; }

# summary prints all steps, tells once more what failed or was flaky, and ends the script. Its last line is the count.
summary() {
  printf '\n== summary (%d s)\n' $((SECONDS - begun))
  printf '%s\n' "${report[@]}"
  for name in "${troubles[@]}"; do
    printf '\n== once more: %s\n' "$name"
    head -n 120 "$(log_of "$name").failures"
  done
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
  exit
}

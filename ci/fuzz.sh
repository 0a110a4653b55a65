#!/usr/bin/env bash
# Every fuzz target for FUZZTIME each (default 30s). What one finds stays in its testdata/fuzz: commit it with the fix.
. "$(dirname "$0")/lib.sh"
status=0
while IFS=: read -r file _ line; do
  name=${line#func } name=${name%%(*}
  printf '\n== %s %s\n' "$(dirname "$file")" "$name"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-30s}" "./$(dirname "$file")" || status=1
done < <(go_files '*_test.go' | xargs grep -n '^func Fuzz')
exit $status

#!/usr/bin/env bash
# Known vulnerabilities in what we call. VULNDB=folder uses a copy of the database instead of vuln.go.dev.
. "$(dirname "$0")/lib.sh"
version=v1.8.0
scanner=$cache/bin/govulncheck
if ! go version -m "$scanner" 2>/dev/null | grep -q "golang.org/x/vuln	$version	"; then
  GOBIN=$cache/bin go install "golang.org/x/vuln/cmd/govulncheck@$version" || exit
fi
db=()
if [ -n "${VULNDB:-}" ]; then db=(-db "file://$(realpath "$VULNDB")"); fi
# shellcheck disable=SC2046
timeout 900 "$scanner" "${db[@]}" $(packages)

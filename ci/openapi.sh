#!/usr/bin/env bash
# Writes docs/openapi.json: the description of the REST interface as a server gives it. OUT names another file.
. "$(dirname "$0")/lib.sh"
need curl "apt-get install curl"
out=$(realpath "${OUT:-docs/openapi.json}")
go build -o "$cache/bin/madang" ./cmd/madang || exit
data=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$data"' EXIT
start_server '^listening on (http://.+)$' env -C "$data" "$cache/bin/madang" serve --listen 127.0.0.1:0
curl -fsS --max-time 10 "$said/v1/openapi.json" -o "$data/openapi.json" && cp "$data/openapi.json" "$out"

#!/usr/bin/env bash
# Real Socket.IO clients of four generations, and raw requests, against a server.
. "$(dirname "$0")/lib.sh"
npm_install dialect/socketio/clients
go build -o "$cache/bin/fixture" ./dialect/socketio/fixture || exit
trap 'kill "$server" 2>/dev/null' EXIT
start_server '^ready ([0-9]+)$' "$cache/bin/fixture" -profile matrix
BASE_URL=http://127.0.0.1:$said npm test --prefix dialect/socketio/clients

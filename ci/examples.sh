#!/usr/bin/env bash
# The examples that start their servers themselves: in laravel-echo-server's place with the page of the Laravel example, a real
# Laravel and Redis; with the back end and the page of the Ably example, with both versions of Ably's library; and the box at home,
# its display and its people, with the server in the box and elsewhere.
. "$(dirname "$0")/lib.sh"
npm_install examples/laravel-echo
npm_install examples/ably-chat
npm_install examples/smart-home
ci/build.sh || exit
export MADANG=$PWD/bin/madang
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
# The Ably example mostly waits for tokens to end: meanwhile the Laravel one runs.
npm test --prefix examples/ably-chat >"$log" 2>&1 &
ably=$!
npm test --prefix examples/laravel-echo || status=1
npm test --prefix examples/smart-home || status=1
wait "$ably" || status=1
cat "$log"
exit $status

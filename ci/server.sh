#!/usr/bin/env bash
# The real program: in development mode with the front-end of the NestJS example, then with the page in two browsers, and in
# two whose server is killed (web/ui/e2e/restart.test.mjs starts its own); in laravel-echo-server's place with the page of
# the Laravel example, a real Laravel and Redis (examples/laravel-echo/e2e starts all of them); and with the back end and the
# page of the Ably example, with both versions of Ably's library (its tests start servers of their own too).
. "$(dirname "$0")/lib.sh"
npm_install examples/nestjs-gateway
npm_install examples/laravel-echo
npm_install examples/ably-chat
npm_install web/ui
ci/build.sh || exit
data=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$data"' EXIT
cd "$data" || exit # no configuration here: development mode
madang=$OLDPWD/bin/madang root=$OLDPWD
start_server '^listening on (http://.+)$' "$madang" serve --listen 127.0.0.1:0
export BASE_URL=$said MADANG=$madang TOKEN_EXPIRED TOKEN_A TOKEN_B
TOKEN_EXPIRED=$("$madang" token --user alice --expires=-1h) || exit
TOKEN_A=$("$madang" token --user alice) || exit
TOKEN_B=$("$madang" token --user bob) || exit
status=0
npm test --prefix "$root/examples/nestjs-gateway" || status=1
npm run --prefix "$root/web/ui" e2e || status=1
# The Ably example mostly waits for tokens to end: meanwhile the Laravel one runs.
npm test --prefix "$root/examples/ably-chat" >"$data/ably-chat.log" 2>&1 &
ably=$!
npm test --prefix "$root/examples/laravel-echo" || status=1
wait "$ably" || status=1
cat "$data/ably-chat.log"
exit $status

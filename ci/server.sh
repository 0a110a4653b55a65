#!/usr/bin/env bash
# The real program in development mode: the front-end of the NestJS example, then the page in two browsers.
. "$(dirname "$0")/lib.sh"
npm_install examples/nestjs-gateway
npm_install web/ui
ci/build.sh || exit
data=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$data"' EXIT
cd "$data" || exit # no configuration here: development mode
madang=$OLDPWD/bin/madang root=$OLDPWD
free_server '^listening on (http://.+)$' "$madang" serve --listen 127.0.0.1:0
token() { "$madang" token --user "$@" || die "no token for $1"; }
export BASE_URL=$said TOKEN_EXPIRED TOKEN_A TOKEN_B
TOKEN_EXPIRED=$(token alice --expires 1s) TOKEN_A=$(token alice) TOKEN_B=$(token bob)
sleep 12 # until the first is over, the 10 s that clocks may differ included
status=0
npm test --prefix "$root/examples/nestjs-gateway" || status=1
npm run --prefix "$root/web/ui" e2e || status=1
exit $status

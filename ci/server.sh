#!/usr/bin/env bash
# The real program: in development mode with the front-end of the NestJS example, then with the pages in browsers; some of their
# tests start servers of their own (web/ui/e2e/restart.test.mjs kills its server).
. "$(dirname "$0")/lib.sh"
npm_install examples/nestjs-gateway
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
exit $status

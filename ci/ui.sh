#!/usr/bin/env bash
# Rebuilds the page; the committed web/dist must be what its sources give.
. "$(dirname "$0")/lib.sh"
npm_install web/ui
old=$(mktemp -d)
trap 'rm -rf "$old"' EXIT
cp -r web/dist "$old" || exit
npm run --prefix web/ui build || exit
diff -rq "$old/dist" web/dist || die "web/dist was not what its sources give. It is now: commit it."

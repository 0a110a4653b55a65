#!/usr/bin/env bash
# Sees to what the tests need from the system: a C compiler for the race detector, a browser and a Korean font for it, Redis,
# PostgreSQL, and PHP with a real Laravel.
. "$(dirname "$0")/lib.sh"
missing=()
command -v "${CC:-gcc}" >/dev/null || missing+=(gcc libc6-dev)
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || missing+=(chromium fonts-noto-cjk)
command -v redis-server >/dev/null && command -v redis-cli >/dev/null || missing+=(redis-server redis-tools)
command -v redis-sentinel >/dev/null || missing+=(redis-sentinel)
if ! command -v initdb >/dev/null && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
  missing+=(postgresql) # the tests start servers of their own, and leave the one that Debian makes alone
fi
if ! command -v php >/dev/null || [ ! -e /usr/share/php/Illuminate/autoload.php ]; then
  missing+=(php-cli php-laravel-framework php-redis php-predis php-curl php-guzzlehttp-guzzle php-sqlite3 php-xml)
fi
if [ ${#missing[@]} -eq 0 ]; then exit; fi
want="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  die "Missing: ${missing[*]}. As root: $want" "A compiler and a Chromium elsewhere can be named in CC and CHROMIUM."
fi
export DEBIAN_FRONTEND=noninteractive
sh -c "$want"

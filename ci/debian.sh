#!/usr/bin/env bash
# Sees to what the tests need from the system: a C compiler for the race detector, a browser and a Korean font for it, Redis,
# PostgreSQL, haproxy, and PHP with a real Laravel. The tests start servers of their own: none that Debian brings begins to run.
. "$(dirname "$0")/lib.sh"
missing=()
command -v "${CC:-gcc}" >/dev/null || missing+=(gcc libc6-dev)
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || missing+=(chromium fonts-noto-cjk)
command -v redis-server >/dev/null && command -v redis-cli >/dev/null || missing+=(redis-server redis-tools)
command -v redis-sentinel >/dev/null || missing+=(redis-sentinel)
command -v haproxy >/dev/null || [ -x /usr/sbin/haproxy ] || missing+=(haproxy)
if ! command -v initdb >/dev/null && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
  missing+=(postgresql)
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
policy=/usr/sbin/policy-rc.d # what says to packages whether they may start services
if [ ! -e $policy ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy
fi
sh -c "$want"

# What the other scripts share. It is sourced with the working folder anywhere; afterwards it is the repository's root.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
cache=$PWD/.cache
# Versions are for releases (build.sh). Elsewhere asking git would only fail in checkouts that belong to another user.
export GOFLAGS=${GOFLAGS:--buildvcs=false}
mkdir -p "$cache/bin" "$cache/log"

# Builds with the race detector, but for SQLite in Go and the hashing of passwords: what a program translated from C, and
# arithmetic, do between themselves no race of ours is in, and watching it took half of all the time.
race=(-race)
for calm in modernc.org/sqlite/lib modernc.org/libc golang.org/x/crypto/argon2 golang.org/x/crypto/blake2b golang.org/x/crypto/blowfish; do
  race+=("-gcflags=$calm=-race=false -d=checkptr=0")
done

# die TEXT… says why nothing can go on.
die() { printf '%s\n' "$@" >&2; exit 1; }

# need COMMAND HINT: the command is there, or the hint says how to get it.
need() { command -v "$1" >/dev/null || die "$1 is missing. $2"; }

# packages lists this module's packages; npm packages may carry Go files, which are not ours.
packages() { go list ./... | grep -v /node_modules/; }

# npm_folders lists the folders that have npm packages for the tests.
npm_folders() {
  printf '%s\n' dialect/socketio/clients dialect/socketio/echo/clients dialect/pusher/clients inlet/emitter/clients inlet/events/clients webhook/clients \
    dialect/ably/clients dialect/ably/rest/clients dialect/ably/browser account/clients device/oauth/clients \
    bench/peer bench/peer/laravel-echo-server examples/nestjs-gateway examples/laravel-echo examples/ably-chat examples/smart-home fire/clients web/ui internal/ws/testdata/node
}

# npm_install FOLDER installs what its lockfile says, unless that is there already. Scripts of packages do not run.
npm_install() {
  need npm "Node 20 brings it: https://nodejs.org, or apt-get install nodejs npm"
  local stamp
  stamp="$cache/npm-$(printf %s "$1" | tr / -)"
  if [ -d "$1/node_modules" ] && cmp -s "$1/package-lock.json" "$stamp"; then return; fi
  timeout 300 npm ci --ignore-scripts --no-audit --no-fund --prefix "$1" && cp "$1/package-lock.json" "$stamp"
}

# go_files lists the Go files that are ours, or those of a name: go_files '*_test.go'.
go_files() { find . -name node_modules -prune -o -path './.*' -prune -o -name "${1:-*.go}" -print | sort; }

# start_server PATTERN COMMAND… starts a server in the background and waits at most 60 s for a line on its output that
# matches the extended regular expression. It sets server to its process and said to what the expression's group matched.
start_server() {
  local pattern=$1 out line
  shift
  out=$(mktemp "$cache/log/server.XXXXXX")
  "$@" >"$out" 2>&1 &
  server=$!
  for _ in $(seq 600); do
    while read -r line; do
      if [[ $line =~ $pattern ]]; then said=${BASH_REMATCH[1]}; return; fi
    done <"$out"
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$out" >&2
  die "the server did not start: $*"
}

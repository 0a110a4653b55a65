#!/usr/bin/env bash
# Sees to the browser and the Korean font that the tests of the page use.
. "$(dirname "$0")/lib.sh"
if [ -x "${CHROMIUM:-/usr/bin/chromium}" ]; then exit; fi
want='apt-get update && apt-get install -y --no-install-recommends chromium fonts-noto-cjk'
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  die "Chromium is missing. As root: $want" "or set CHROMIUM to the path of a Chromium that is there."
fi
export DEBIAN_FRONTEND=noninteractive
sh -c "$want"

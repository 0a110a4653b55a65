#!/usr/bin/env bash
# Installs the npm packages of one folder, or of all of them: three at once, because they mostly wait for the registry.
. "$(dirname "$0")/lib.sh"
if [ $# -eq 1 ]; then npm_install "$1"; exit; fi
npm_folders | xargs -P 3 -n 1 ci/npm.sh

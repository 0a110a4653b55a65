#!/usr/bin/env bash
# Installs the npm packages of one folder.
. "$(dirname "$0")/lib.sh"
npm_install "$1"

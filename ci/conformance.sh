#!/usr/bin/env bash
# Says where the protocols' published suites come from and how to run them. Their code is not here: it is their authors',
# and a machine without a network has no use for it.
. "$(dirname "$0")/lib.sh"
sed -n '/^## Published suites/,/^## Tests/{/^## Tests/d;p}' docs/conformance.md

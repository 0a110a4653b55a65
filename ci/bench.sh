#!/usr/bin/env bash
# The benchmarks in their smallest form: they run, and every server does what it is measured for.
. "$(dirname "$0")/lib.sh"
go run ./bench -short && go run ./bench/cluster -short -peer=false -nodes 2 &&
  go run ./bench/homes -hubs 20 -people 5 -for 1s -settle 0s -repeats 1

# Every target is a script of ci/ or one command; nothing asks, and what is missing is named with what installs it.
.PHONY: help run build check test lint vuln fuzz fire rolling soak haproxy cuts stress bench conformance ui openapi
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

run: ## Run the server in development mode
	go run ./cmd/madang serve

build: ## Build the static binary bin/madang
	@ci/build.sh

check: ## Everyday: gofmt, vet, quick tests
	@ci/check.sh

test: ## All tests, as CI runs them; installs what they need
	@ci/test.sh

lint: ## golangci-lint (built once into .cache/bin)
	@ci/lint.sh

vuln: ## Known vulnerabilities in what we call (VULNDB=folder: offline)
	@ci/vuln.sh

fuzz: ## Every fuzz target for FUZZTIME (default 30s) each
	@ci/fuzz.sh

fire: ## A thousand clients on three nodes while these, Redis and PostgreSQL are killed and cut off (five minutes)
	go run ./fire -out docs/reliability.md

rolling: ## Replace three nodes one after another under a thousand clients (three minutes)
	go run ./fire -rolling -out docs/reliability.md

soak: ## Steady traffic on three nodes for SOAK (default 1h; SOAK=5m is its short form)
	go run ./fire -soak $(or $(SOAK),1h) -out docs/reliability.md

haproxy: ## The Socket.IO clients' whole matrix through haproxy over two nodes (five minutes)
	HAPROXY=full go test -count=1 -v -timeout 20m -run 'TestRoundRobin$$' ./dialect/socketio

cuts: ## Fifty Ably clients of one node whose connections are cut a thousand times (two minutes)
	FIRE=full go test -count=1 -timeout 15m -v -run 'TestFire$$' ./dialect/ably

stress: ## The Go tests again and again for STRESS seconds (default 1800), in other orders
	@ci/stress.sh

bench: ## Measure beside socket.io, soketi and laravel-echo-server, and write docs/benchmarks.md (Linux, about half an hour)
	go run ./bench -out docs/benchmarks.md

conformance: ## How to run the protocols' published suites
	@ci/conformance.sh

ui: ## Rebuild web/dist and check that it was up to date
	@ci/ui.sh

openapi: ## Write docs/openapi.json from the code
	@ci/openapi.sh

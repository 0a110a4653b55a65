#!/usr/bin/env bash
# Says how to run the protocols' published suites. Their code is not here: it is their authors', and fetched when needed.
cat <<'TEXT'
The published suites of Socket.IO run against a fixture of this repository:

  go run ./dialect/socketio/fixture -listen 127.0.0.1:3000 -profile suites

  what it tests         where it is published                                            profile   address
  Engine.IO 4           github.com/socketio/socket.io, docs/engine.io-protocol/v4-test-suite  suites    127.0.0.1:3000
  Engine.IO 3           the same, docs/engine.io-protocol/v3-test-suite                   suites    127.0.0.1:3000
  Socket.IO protocol 5  the same, docs/socket.io-protocol/v5-test-suite                   suites    127.0.0.1:3000
  socket.io-client 4.8  the same, packages/socket.io-client                               clients4  localhost:3210
  socket.io-client 2.5  github.com/socketio/socket.io-client, tag 2.5.0                   clients2  localhost:3210

In each: npm ci, start the fixture with its profile, leave out the suite's own server, npm test. What the fixture does is
written in dialect/socketio/clients/FIXTURE.md. `make test` runs our own matrix of real clients, which needs none of this.
TEXT

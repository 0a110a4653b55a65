// The server at BASE_URL (contract: FIXTURE.md, profile "matrix") asked without a
// client library: what the wire looks like, and what happens to who breaks its rules.
import { describe } from "node:test";
import { cors, handshakes, refusals } from "./raw/handshake.mjs";
import { engine3, polls, upgrades } from "./raw/polling.mjs";
import { bytes, heartbeats, offences } from "./raw/protocol.mjs";

const groups = { refusals, handshakes, cors, polls, upgrades, engine3, heartbeats, offences, bytes };

describe("raw", { concurrency: 4 }, () => {
  for (const [name, group] of Object.entries(groups)) describe(name, { concurrency: 4, timeout: 60_000 }, group);
});

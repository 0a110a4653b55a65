// Four generations of real clients over three carriers against the server at
// BASE_URL, which must keep the contract of FIXTURE.md (profile "matrix").
import { describe } from "node:test";
import { carriers, generations } from "./lib/clients.mjs";
import { kit } from "./lib/kit.mjs";
import { acks } from "./matrix/acks.mjs";
import { connecting, namespaces } from "./matrix/connecting.mjs";
import { lifetime } from "./matrix/lifetime.mjs";
import { ordering } from "./matrix/ordering.mjs";
import { binary, text } from "./matrix/payloads.mjs";
import { recovery } from "./matrix/recovery.mjs";
import { rooms } from "./matrix/rooms.mjs";
import { tokens } from "./matrix/tokens.mjs";

const groups = { connecting, namespaces, text, binary, acks, ordering, lifetime, rooms, tokens, recovery };

// The twelve run beside each other, one test at a time in each.
describe("matrix", { concurrency: 12 }, () => {
  for (const generation of generations) {
    for (const carrier of carriers) {
      describe(`${generation.name} ${carrier.name}`, { concurrency: 1 }, () => {
        for (const [name, group] of Object.entries(groups)) {
          describe(name, { concurrency: 1 }, () => group(kit(generation, carrier)));
        }
      });
    }
  }
});

// What every group of the matrix is given.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { open } from "./clients.mjs";
import { knownFailure } from "./known.mjs";

/** kit binds one generation and carrier; kit.test closes what the test opened. */
export function kit(generation, carrier) {
  return {
    generation,
    carrier,
    room: () => `room-${randomUUID()}`,
    test(name, body) {
      const why = knownFailure(generation, carrier, name);
      test(why ? `${name} (known: ${why})` : name, { timeout: 90_000 }, async () => {
        if (why) await assert.rejects(run(body, { patience: 1000 }), undefined, "a known failure has gone: take it off lib/known.mjs");
        else await run(body);
      });
    },
  };

  async function run(body, impatience = {}) {
    const opened = [];
    const start = (options) => {
      const client = open(generation, carrier, { ...options, ...impatience });
      opened.push(client);
      return client;
    };
    try {
      // The second argument gives a settled client: connected, and past the
      // upgrade where there is one.
      await body(start, async (options) => {
        const client = await start(options).connected();
        await client.onCarrier(carrier.last);
        return client;
      });
    } finally {
      for (const client of opened) client.close();
    }
  }
}

/** pause waits; only for showing that something does NOT happen. */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

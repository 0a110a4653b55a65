// The realtime server dies under its clients and is started again: they come back, and what was said meanwhile is there.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connect, person, stage, state, until, versions } from "./world.mjs";

for (const version of versions) {
  describe(`a server that is killed, ably ${version}`, { timeout: 120_000 }, () => {
    let world;
    before(async () => { world = await stage(version); });
    after(() => world?.close());

    test("clients come back", async () => {
      const people = [await person(world, "min"), await person(world, "bada")];
      const { id } = (await people[0].ask("POST", "rooms", { name: "산책" })).body;
      const lists = [[], []], clients = people.map((one) => connect(world, one, { disconnectedRetryTimeout: 500 }));
      for (const [i, client] of clients.entries()) {
        const refetch = async () => { lists[i] = (await people[i].ask("GET", `rooms/${id}/messages`)).body.map(({ text }) => text); };
        client.channels.get(id).on("attached", refetch);
        await client.channels.get(id).subscribe(refetch);
      }
      const say = (i, message) => people[i].ask("POST", `rooms/${id}/messages`, { message });
      await say(0, "하나");
      await until("one", () => lists.every((list) => list.includes("하나")));

      const away = clients.map((client) => state(client.connection, "disconnected"));
      await world.madang.kill();
      await Promise.all(away);
      assert.equal((await say(1, "둘")).status, 201, "what is said is stored with the server away");
      await world.madang.start();
      await Promise.all(clients.map((client) => state(client.connection, "connected")));
      await until("what was said meanwhile", () => lists.every((list) => list.includes("둘")));
      await say(1, "셋");
      await until("what is said now", () => lists.every((list) => list.includes("셋")));
      for (const list of lists) assert.deepEqual(list, ["하나", "둘", "셋"]);
      await until("a word of it", () => world.backend.said.includes("not published"));
    });
  });
}

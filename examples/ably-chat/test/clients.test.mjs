// Clients in Node with the options of the page: two people talk, tokens run out and are renewed, in the right way and in the
// post's, with a strict and a lenient server.

import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import jwt from "jsonwebtoken";
import { connect, event, person, stage, state, until, versions } from "./world.mjs";

for (const version of versions) {
  describe(`clients with ably ${version}`, { timeout: 240_000 }, () => {
    let world;
    const begin = async (options) => { world = await stage(version, options); };
    afterEach(() => world?.close());

    test("what one says is stored, and then heard by all", async () => {
      await begin();
      const [min, bada] = [await person(world, "min"), await person(world, "bada")];
      const { id } = (await min.ask("POST", "rooms", { name: "산책" })).body;
      const heard = [];
      for (const one of [min, bada]) {
        const client = connect(world, one);
        await state(client.connection, "connected");
        assert.equal(client.auth.clientId, one.email);
        await client.channels.get(id).subscribe(async ({ name, data }) => {
          const { body } = await one.ask("GET", `rooms/${id}/messages`);
          heard.push([one.name, name, data, body.at(-1).text === data]);
        });
      }
      await bada.ask("POST", `rooms/${id}/messages`, { message: "안녕하세요 😀" });
      await until("both", () => heard.length === 2);
      assert.deepEqual(heard.sort(), [["bada", bada.id, "안녕하세요 😀", true], ["min", bada.id, "안녕하세요 😀", true]]);
      await min.ask("POST", `rooms/${id}/messages`, { message: "반가워요" });
      await until("both", () => heard.length === 4);
      assert.deepEqual(heard.slice(2).sort(), [["bada", min.id, "반가워요", true], ["min", min.id, "반가워요", true]]);
    });

    test("pages only listen", async () => {
      await begin();
      const client = connect(world, await person(world, "min"));
      await assert.rejects(client.channels.get("somewhere").publish("1", "in another's name"), { code: 40160 });
      assert.equal(client.connection.state, "connected");
    });

    test("a token is renewed before it runs out, and the connection stays", async () => {
      await begin({ env: { TOKEN_TTL: "8000" } }); // the server asks for the next one after half of what is left
      const min = await person(world, "min");
      const client = connect(world, min);
      await state(client.connection, "connected");
      const { id } = client.connection, states = [];
      client.connection.on(({ current }) => states.push(current));
      for (let i = 0; i < 2; i++) await event(client.connection, "update");
      assert.deepEqual(states, ["connected", "connected"]);
      assert.equal(client.connection.id, id);
      assert.equal(client.auth.clientId, min.email);
      assert.notEqual(client.auth.tokenDetails.token, min.token);
    });

    test("a token that runs out is renewed, and nothing is missed", async () => {
      await begin({ env: { TOKEN_TTL: "3000" } }); // too short for the server to ask
      const min = await person(world, "min");
      const { id } = (await min.ask("POST", "rooms", { name: "산책" })).body;
      const client = connect(world, min), heard = [], reasons = [];
      client.connection.on("disconnected", ({ reason }) => reasons.push(reason.code));
      await client.channels.get(id).subscribe(({ data }) => heard.push(data));
      const rest = new world.Ably.Rest({ key: world.key, ...world.Ably.hostOptions });
      let sent = 0;
      for (const end = Date.now() + 7000; Date.now() < end; await new Promise((wait) => setTimeout(wait, 100))) {
        await rest.channels.get(id).publish(min.id, String(++sent));
      }
      await until("all", () => heard.length >= sent);
      assert.deepEqual(heard, Array.from({ length: sent }, (_, i) => String(i + 1)));
      assert.ok(reasons.length >= 2 && reasons.every((code) => code === 40142), `disconnected with ${reasons}`);
      assert.equal(client.auth.clientId, min.email);
    });

    test("renewed as in the post, the clientId is lost: refused, with a hint", async () => {
      await begin({ env: { TOKEN_TTL: "8000", AS_IN_THE_POST: "1" } });
      const client = connect(world, await person(world, "min"));
      await state(client.connection, "connected");
      await state(client.connection, "failed");
      const { code, message } = client.connection.errorReason;
      assert.equal(code, 40102);
      assert.match(message, /has no clientId.*requestToken\(\{clientId\}\).*lenient/);
    });

    test("renewed as in the post, with a lenient server: the connection stays who it is", async () => {
      await begin({ lenient: true, env: { TOKEN_TTL: "8000", AS_IN_THE_POST: "1" } });
      const [min, bada] = [await person(world, "min"), await person(world, "bada")];
      const { id } = (await min.ask("POST", "rooms", { name: "산책" })).body;
      const client = connect(world, min), heard = [];
      await client.channels.get(id).subscribe(({ data }) => heard.push(data));
      await event(client.connection, "update");
      assert.equal(client.connection.state, "connected");
      await client.channels.get(id).presence.enter();
      const [{ clientId }] = await client.channels.get(id).presence.get();
      assert.equal(clientId, min.email);
      await bada.ask("POST", `rooms/${id}/messages`, { message: "여전히" });
      await until("it", () => heard.includes("여전히"));
    });

    test("a login that outlives the token inside", async () => {
      for (const lenient of [false, true]) {
        await begin({ lenient });
        const { token } = await person(world, "min");
        const { exp, ...claims } = jwt.decode(token);
        const long = jwt.sign(claims, "whatever the application has", { expiresIn: "1d" });
        const client = connect(world, { token: long, cookie: "" });
        await state(client.connection, lenient ? "connected" : "failed");
        if (lenient) continue;
        assert.equal(client.connection.errorReason.code, 40101);
        assert.match(client.connection.errorReason.message, /shorter expiresIn.*longer ttl/);
        await world.close();
      }
    });

    test("whose login has ended is told so, and does not try for ever", async () => {
      await begin({ env: { TOKEN_TTL: "3000" } });
      const { token } = await person(world, "min");
      const client = connect(world, { token, cookie: "" });
      await state(client.connection, "connected");
      await state(client.connection, "failed");
      assert.equal(client.connection.errorReason.code, 80019);
    });
  });
}

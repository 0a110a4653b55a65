// The back end by itself: who is let in, and what is stored. It is the same with both versions of the library.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import jwt from "jsonwebtoken";
import { ask, person, stage, versions } from "./world.mjs";

for (const version of versions) {
  describe(`the back end with ably ${version}`, { timeout: 120_000 }, () => {
    let world;
    before(async () => { world = await stage(version); });
    after(() => world?.close());

    const post = (path, body, more) => ask(world, "POST", path, { body, ...more });
    const refused = async (answer, status, error) => {
      const { status: got, body } = await answer;
      assert.deepEqual([got, body], [status, { error: { message: error, statusCode: status, code: status * 100 } }]);
    };

    test("an address is taken once, however it is written and however fast", async () => {
      const { email } = await person(world, "min");
      const again = { name: "other", password: "another password" };
      await refused(post("auth/sign-up", { ...again, email }), 409, "taken");
      await refused(post("auth/sign-up", { ...again, email: ` ${email.toUpperCase()} ` }), 409, "taken");
      const race = await Promise.all([1, 2, 3].map(() => post("auth/sign-up", { ...again, email: "race@example.com" })));
      assert.deepEqual(race.map(({ status }) => status).sort(), [201, 409, 409]);
    });

    test("logging in", async () => {
      const { email } = await person(world, "min");
      const good = await post("auth/login", { email, password: "correct horse" });
      assert.equal(good.status, 200);
      assert.match(good.headers.get("Set-Cookie"), /^session=[^;]+; HttpOnly; SameSite=Strict; Path=\/auth;/);
      await refused(post("auth/login", { email, password: "wrong horse" }), 401, "login");
      await refused(post("auth/login", { email: "nobody@example.com", password: "correct horse" }), 401, "login");
      await refused(post("auth/login", {}), 401, "login");
      await refused(post("auth/login", []), 401, "login");
    });

    test("what makes no sense", async () => {
      const good = { email: "a@example.com", name: "a", password: "long enough" };
      for (const [bad, word] of [
        [{ email: "no address" }, "email"], [{ email: undefined }, "email"], [{ email: `${"x".repeat(250)}@example.com` }, "email"],
        [{ password: "short" }, "password"], [{ password: 12345678 }, "password"], [{ name: " " }, "name"], [{ name: "x".repeat(41) }, "name"],
      ]) await refused(post("auth/sign-up", { ...good, ...bad }), 400, word);
      const raw = await fetch(`${world.base}/auth/login`, { method: "POST", body: "{" });
      assert.deepEqual([raw.status, (await raw.json()).error.message], [400, "json"]);
      await refused(post("auth/login", { email: "x".repeat(70_000) }), 413, "large");
      await refused(ask(world, "GET", "nowhere"), 404, "missing");
      await refused(ask(world, "GET", "..%2fpackage.json"), 404, "missing");
    });

    test("the token is the application's own, and ends with the one inside", async () => {
      const { token, email } = await person(world, "min");
      const { payload, header } = jwt.decode(token, { complete: true });
      assert.equal(header.alg, "HS256");
      assert.ok(!world.key.includes(header.kid ?? "no kid"));
      assert.ok(Math.abs(payload.exp - Date.now() / 1000 - 3600) < 10, `exp ${payload.exp}`);
      assert.ok(!payload["x-ably-token"].includes(email), "it is sealed");
    });

    test("rooms and messages are for who shows a token of the back end's", async () => {
      const min = await person(world, "min");
      const forged = jwt.sign({ sub: min.id }, "another secret", { audience: "chat" });
      const session = min.cookie.slice("session=".length); // signed with the right secret, but for renewing
      for (const token of [undefined, "x", forged, session, jwt.decode(min.token)["x-ably-token"]]) {
        await refused(ask(world, "GET", "rooms", { token }), 401, "token");
        await refused(post("rooms", { name: "x" }, { token }), 401, "token");
      }
      for (const cookie of [undefined, "session=x", `session=${min.token}`]) {
        await refused(ask(world, "GET", "auth/re-create", { cookie }), 403, "session");
      }
    });

    test("rooms and messages are kept, and read back after a start", async () => {
      const [min, bada] = [await person(world, "min"), await person(world, "bada")];
      const room = (await min.ask("POST", "rooms", { name: " 산책 " })).body;
      assert.equal(room.name, "산책");
      await min.ask("POST", `rooms/${room.id}/messages`, { message: "안녕하세요 😀" });
      await bada.ask("POST", `rooms/${room.id}/messages`, { message: "<b>hello</b>", senderId: min.id, sender: "min" });
      await refused(min.ask("POST", `rooms/${room.id}/messages`, { message: " " }), 400, "text");
      await refused(min.ask("POST", `rooms/${room.id}/messages`, { message: "x".repeat(2001) }), 400, "text");
      await refused(min.ask("POST", "rooms/nowhere/messages", { message: "x" }), 404, "missing");
      await refused(min.ask("POST", "rooms", { name: "" }), 400, "room");
      await world.backend.kill();
      await world.backend.start();
      const { body } = await bada.ask("GET", `rooms/${room.id}/messages`);
      assert.deepEqual(body.map(({ senderId, sender, text }) => [String(senderId), sender, text]),
        [[min.id, "min", "안녕하세요 😀"], [bada.id, "bada", "<b>hello</b>"]]);
      assert.ok((await min.ask("GET", "rooms")).body.some(({ id }) => id === room.id));
      await refused(post("auth/sign-up", { email: min.email, name: "x", password: "long enough" }), 409, "taken");
    });
  });
}

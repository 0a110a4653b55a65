// Namespaces that ask for a token, in the three ways front-ends know.
import assert from "node:assert/strict";
import { pause } from "../lib/kit.mjs";
import { sign, texts, unsigned } from "../lib/token.mjs";

const bad = {
  "no token": [undefined, "token_missing"],
  "an empty token": [{ token: "" }, "token_missing"],
  "not a token": [{ token: "hello" }, "token_invalid"],
  "another secret": [{ token: sign("eve", 60, "another secret of at least 32 bytes") }, "token_invalid"],
  "an unsigned token": [{ token: unsigned("eve") }, "token_invalid"],
  "an expired token": [{ token: sign("alice", -5) }, "token_expired"],
};

export function tokens({ test, generation }) {
  for (const mode of ["/reject", "/disconnect", "/per-event"]) {
    test(`${mode}: a good token names the user`, async (_, settled) => {
      const client = await settled({ nsp: mode, auth: { token: sign("앨리스") } });
      assert.deepEqual(await client.call("whoami"), [{ user: "앨리스" }]);
      assert.equal(client.seen.exception.length, 0);
    });
  }

  for (const [name, [auth, code]] of Object.entries(bad)) {
    test(`/reject: ${name}`, async (start) => {
      const client = start({ nsp: "/reject", auth });
      const reason = await client.refused();
      const data = { code, reason: texts[code] };
      if (generation.major < 3) {
        assert.deepEqual(reason, data); // Engine.IO 3 has room for the data alone
      } else {
        assert.equal(reason.message, texts[code]);
        assert.deepEqual(reason.data, data);
      }
      await pause(150);
      assert.equal(client.seen.connect.length, 0, "a refused client came back by itself");
    });

    test(`/disconnect: ${name}`, async (start) => {
      const client = start({ nsp: "/disconnect", auth });
      await client.next("connect");
      assert.equal((await client.next("disconnect"))[0], "io server disconnect");
      await pause(150);
      assert.equal(client.seen.connect.length, 1, "a client sent away came back by itself");
    });

    test(`/per-event: ${name}`, async (_, settled) => {
      const client = await settled({ nsp: "/per-event", auth });
      let answered = false;
      client.socket.emit("whoami", () => (answered = true));
      assert.deepEqual(await client.next("exception"), [{ status: "error", message: texts[code] }]);
      client.emit("whoami");
      await client.count("exception", 2);
      assert.equal(answered, false);
      assert.equal(client.seen.disconnect.length, 0);
    });
  }

  test("/per-event: a token that expires while connected", async (_, settled) => {
    const client = await settled({ nsp: "/per-event", auth: { token: sign("alice", 2) } });
    assert.deepEqual(await client.call("whoami"), [{ user: "alice" }]);
    for (let left = 60; left > 0 && client.seen.exception.length === 0; left--) {
      client.socket.emit("whoami", () => {});
      await pause(100);
    }
    assert.deepEqual(client.seen.exception[0], [{ status: "error", message: texts.token_expired }]);
  });
}

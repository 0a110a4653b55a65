// Connection state recovery: the same id, what was missed in order, and a flag.
import assert from "node:assert/strict";

const path = "/recovery/";
const words = (client) => client.seen.heard.map(([what]) => what);

export function recovery({ test, generation, room }) {
  if (generation.major < 4) {
    test("a client that cannot recover is served all the same", async (_, settled) => {
      const client = await settled({ path });
      client.emit("message", "안녕", { a: 1 });
      const back = await client.next("message-back");
      assert.deepEqual(back.slice(0, 2), ["안녕", { a: 1 }]);
      assert.ok(back.length <= 3); // the offset, where the server sends one
      client.socket.io.engine.close();
      await client.count("connect", 2);
      assert.deepEqual(await client.call("message-with-ack", 1), [1]);
    });
    return;
  }

  /** away drops the client's connection, lets others act, and waits for its return. */
  async function away(client, act) {
    client.socket.io.reconnection(false);
    client.socket.io.engine.close();
    await client.next("disconnect");
    await act();
    client.socket.io.reconnection(true);
    const before = client.seen.connect.length;
    client.socket.connect();
    await client.count("connect", before + 1);
  }

  test("recovers id, rooms and what was missed", async (_, settled) => {
    const [client, other] = [await settled({ path }), await settled({ path })];
    const [name, left] = [room(), room()];
    const { id } = client.socket;
    assert.equal(client.socket.recovered, false);
    await client.call("join", name);
    await client.call("join", left);
    await client.call("leave", left);
    await other.call("broadcast", { to: [name] }, "heard", "before");
    await client.next("heard");

    await away(client, async () => {
      for (const word of ["하나", "둘"]) await other.call("broadcast", { to: [name] }, "heard", word);
      await other.call("broadcast", { to: [left] }, "heard", "not for it");
      await other.call("broadcast", { to: [name], except: [id] }, "heard", "excepted");
      await other.call("broadcast", { to: [name], volatile: true }, "heard", "volatile");
      await other.call("broadcast", { to: [id] }, "heard", "to its id");
      await other.call("broadcast", { to: [name, left] }, "heard", { bytes: Buffer.from("셋") });
    });

    assert.equal(client.socket.recovered, true);
    assert.equal(client.socket.id, id);
    assert.deepEqual(await client.call("rooms"), [[name]]);
    const got = words(client);
    assert.deepEqual(got.slice(0, 4), ["before", "하나", "둘", "to its id"]);
    assert.equal(Buffer.from(got[4].bytes).toString(), "셋");
    assert.equal(got.length, 5);
    await other.call("broadcast", { to: [name] }, "heard", "live again");
    await client.count("heard", 6);
    assert.equal(words(client)[5], "live again");
  });

  test("recovers twice, and misses nothing in between", async (_, settled) => {
    const [client, other] = [await settled({ path }), await settled({ path })];
    const name = room();
    await client.call("join", name);
    let sent = 0;
    const send = async (count) => {
      for (let i = 0; i < count; i++) await other.call("broadcast", { to: [name] }, "heard", sent++);
    };
    await send(2);
    await client.count("heard", 2);
    for (let round = 0; round < 2; round++) {
      await away(client, () => send(3));
      assert.equal(client.socket.recovered, true);
      await send(1);
      await client.count("heard", sent);
    }
    await client.call("where");
    assert.deepEqual(words(client), Array.from({ length: sent }, (_, i) => i));
  });

  test("a namespace besides recovers as well", async (_, settled) => {
    const [client, other] = [await settled({ path }), await settled({ path, nsp: "/custom" })];
    const custom = await client.beside("/custom").connected();
    const name = room();
    await custom.call("join", name);
    await other.call("broadcast", { to: [name] }, "heard", 0);
    await custom.next("heard");
    const { id } = custom.socket;
    await away(client, () => other.call("broadcast", { to: [name] }, "heard", 1));
    await custom.count("heard", 2);
    await custom.count("connect", 2);
    assert.equal(custom.socket.recovered, true);
    assert.equal(custom.socket.id, id);
  });

  test("an unknown session starts anew", async (start) => {
    const client = start({ path, autoConnect: false });
    client.socket._pid = "never-given-out";
    client.socket._lastOffset = "nor-this";
    client.socket.connect();
    await client.connected();
    assert.equal(client.socket.recovered, false);
    assert.deepEqual(await client.call("message-with-ack", "anew"), ["anew"]);
  });

  test("who left on purpose is not recovered", async (_, settled) => {
    const client = await settled({ path });
    const { id } = client.socket;
    await client.call("join", "kept?");
    client.socket.disconnect();
    await client.next("disconnect");
    client.socket.connect();
    await client.count("connect", 2);
    assert.equal(client.socket.recovered, false);
    assert.notEqual(client.socket.id, id);
    assert.deepEqual(await client.call("rooms"), [[]]);
  });
}

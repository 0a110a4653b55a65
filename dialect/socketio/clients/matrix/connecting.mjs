// Connecting, authenticating, being refused, and several namespaces on one connection.
import assert from "node:assert/strict";
import { pause } from "../lib/kit.mjs";

export function connecting({ test, generation, carrier }) {
  test("connects and is greeted", async (start) => {
    const client = await start().connected();
    assert.deepEqual(await client.next("auth"), [{}]);
    const [where] = await client.call("where");
    assert.equal(where.id, client.socket.id);
    assert.equal(where.protocol, generation.eio);
  });

  test("both ends settle on the same transport", async (_, settled) => {
    const client = await settled();
    assert.equal(client.socket.io.engine.transport.name, carrier.last);
    const [where] = await client.call("where");
    assert.equal(where.transport, carrier.last);
  });

  test("hands over what identifies it", async (start) => {
    const auth = { token: "a+b/c=&d e%", name: "가나다 😀" };
    const client = await start({ nsp: "/custom", auth }).connected();
    assert.deepEqual(await client.next("auth"), [auth]);
    const [where] = await client.call("where");
    // 1.x does not know that the id of a namespace carries its name.
    const id = generation.major === 1 ? `/custom#${client.socket.id}` : client.socket.id;
    assert.equal(where.id, id);
  });

  test("is refused an unknown namespace", async (start) => {
    const client = start({ nsp: "/unknown" });
    const reason = await client.refused();
    assert.equal(reason.message ?? reason, "Invalid namespace");
    await pause(150);
    assert.equal(client.seen.connect.length, 0);
  });

  test("a refused namespace leaves the connection to the others", async (_, settled) => {
    const main = await settled();
    await main.beside("/unknown").refused();
    assert.deepEqual(await main.call("message-with-ack", "still here"), ["still here"]);
  });
}

export function namespaces({ test, generation }) {
  test("two namespaces share one connection and stay apart", async (_, settled) => {
    const main = await settled();
    const custom = await main.beside("/custom").connected();
    const ids = [await main.call("where"), await custom.call("where")].map(([where]) => where.id);
    assert.notEqual(ids[0], ids[1]);
    if (generation.eio === 3) assert.equal(ids[1], `/custom#${ids[0]}`);

    main.emit("message", "for /");
    custom.emit("message", "for /custom");
    assert.deepEqual(await main.next("message-back"), ["for /"]);
    assert.deepEqual(await custom.next("message-back"), ["for /custom"]);
    await Promise.all([main.call("where"), custom.call("where")]);
    assert.equal(main.seen["message-back"].length, 1);
    assert.equal(custom.seen["message-back"].length, 1);
  });

  test("leaving one namespace keeps the other", async (_, settled) => {
    const main = await settled();
    const custom = await main.beside("/custom").connected();
    const other = await main.beside("/other").connected();
    const id = main.socket.id;
    custom.socket.disconnect();
    await custom.next("disconnect");
    assert.deepEqual(await other.call("message-with-ack", 1), [1]);
    assert.deepEqual(await main.call("message-with-ack", 2), [2]);
    assert.equal(main.socket.id, id);

    custom.socket.connect();
    await custom.count("connect", 2);
    assert.deepEqual(await custom.call("message-with-ack", 3), [3]);
  });

  test("the server takes back one namespace only", async (_, settled) => {
    const main = await settled();
    const custom = await main.beside("/custom").connected();
    custom.emit("leave-me");
    const [reason] = await custom.next("disconnect");
    assert.equal(reason, "io server disconnect");
    assert.deepEqual(await main.call("message-with-ack", "on"), ["on"]);
    assert.equal(main.seen.disconnect.length, 0);
  });
}

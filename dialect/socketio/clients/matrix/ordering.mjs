// Nothing is lost, doubled or reordered, least of all while the transport changes.
import assert from "node:assert/strict";
import { pause } from "../lib/kit.mjs";

const upTo = (count) => Array.from({ length: count }, (_, i) => i);

/** beforeUpgrade returns a connected client whose upgrade begins now: a loaded machine could do both in one turn. */
async function beforeUpgrade(start) {
  const client = start();
  const { engine } = client.socket.io;
  const probe = engine._probe ? "_probe" : "probe"; // its name since 4.8, and before
  const held = [];
  engine[probe] = (name) => held.push(name);
  await client.connected();
  assert.equal(engine.transport.name, "polling");
  delete engine[probe];
  for (const name of held) engine[probe](name);
  return client;
}

export function ordering({ test, carrier }) {
  test("200 messages in order, both ways", async (_, settled) => {
    const client = await settled();
    for (let i = 0; i < 200; i++) client.emit("message", i);
    const back = await client.count("message-back", 200);
    assert.deepEqual(back.map(([i]) => i), upTo(200));
  });

  test("a burst sent in one turn", async (_, settled) => {
    const client = await settled();
    client.emit("burst", 500, 500, 0);
    const numbers = await client.count("number", 500);
    assert.deepEqual(numbers.map(([i]) => i), upTo(500));
  });

  test("events emitted before the connection is open", async (start) => {
    const client = start();
    for (let i = 0; i < 20; i++) client.emit("collect", i);
    assert.deepEqual(await client.call("collected"), [upTo(20)]);
  });

  if (carrier.name !== "upgrade") return;

  test("the server emits while the transport changes", async (start) => {
    // A burst that is over before the transport has changed shows nothing: then a longer one is tried.
    for (let count = 600; count < 20_000; count *= 2) {
      const client = await beforeUpgrade(start);
      client.emit("burst", count, 3, 2);
      await client.onCarrier("websocket");
      const during = client.seen.number.length < count;
      const numbers = await client.count("number", count);
      await client.call("where");
      assert.deepEqual(numbers.map(([i]) => i), upTo(count));
      if (during) return;
    }
    throw new Error("every upgrade ended after the burst: it showed nothing");
  });

  test("the client emits while the transport changes", async (start) => {
    const client = await beforeUpgrade(start);
    let upgraded = false;
    const upgrade = client.onCarrier("websocket").then(() => (upgraded = true));
    let sent = 0;
    while (!upgraded && sent < 20_000) {
      client.emit("collect", sent++);
      await pause(1);
    }
    await upgrade;
    for (let i = 0; i < 20; i++) client.emit("collect", sent++);
    const [collected] = await client.call("collected");
    assert.deepEqual(collected, upTo(sent));
  });

  test("both emit while the transport changes, binary among it", async (start) => {
    const client = await beforeUpgrade(start);
    client.emit("burst", 300, 2, 3);
    const sent = upTo(60);
    for (const i of sent) {
      client.emit("message", i, i % 5 === 0 ? Buffer.from([i]) : "é😀");
      await pause(3);
    }
    await client.onCarrier("websocket");
    const numbers = await client.count("number", 300);
    const back = await client.count("message-back", 60);
    assert.deepEqual(numbers.map(([i]) => i), upTo(300));
    assert.deepEqual(back.map(([i]) => i), sent);
  });
}

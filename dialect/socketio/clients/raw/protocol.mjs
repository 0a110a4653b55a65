// What a client must not do, and what it costs it: one connection, never another's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session, Wire } from "../lib/raw.mjs";

export function heartbeats() {
  test("Engine.IO 4: the server pings", async () => {
    const wire = await Wire.open();
    wire.send("40");
    for (let pings = 0; pings < 4; ) {
      if ((await wire.frame()) !== "2") continue;
      wire.send("3");
      pings++;
    }
    wire.drop();
  });

  test("Engine.IO 4: a client that does not answer is closed", async () => {
    const wire = await Wire.open("/hasty/");
    assert.equal(await wire.frame(), "2");
    await wire.ending();
    assert.deepEqual(wire.frames, []);
  });

  test("Engine.IO 4: a client that pings is closed", async () => {
    const wire = await (await Wire.open()).join();
    wire.send("2");
    await wire.ending();
  });

  test("Engine.IO 3: the client pings and is answered", async () => {
    const wire = await Wire.open("/engine.io/", { eio: 3 });
    wire.send("2");
    assert.equal(await wire.frame(), "3");
    wire.drop();
  });

  test("Engine.IO 3: a client that does not ping is closed", async () => {
    const wire = await Wire.open("/socket.io/", { eio: 3 });
    await wire.ending();
    assert.ok(!wire.frames.includes("2"), "a server does not ping in Engine.IO 3");
  });

  test("polling: a client that does not answer is closed", async () => {
    const session = await Session.open("/hasty/");
    for (let text = ""; !text.includes("2"); ) ({ text } = await session.poll());
    const { status, text } = await session.poll();
    assert.ok(status === 400 || text === "1", `${status} ${text}`);
    await session.vanishes();
  });
}

/**
 * fatal sends frames on one of two connections, which ends while the other
 * lives. Neither answers pings, so an end by timeout would take both.
 */
async function fatal(frames, { join = true, before = () => {} } = {}) {
  const bystander = await (await Wire.open()).join();
  const wire = await Wire.open();
  if (join) await wire.join();
  await before(wire);
  wire.send(...frames);
  await wire.ending();
  bystander.send('421["message-with-ack","alive"]');
  assert.equal(await bystander.packet(), '431["alive"]');
  bystander.drop();
}

export function offences() {
  const reserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];
  for (const name of reserved) {
    test(`the reserved name ${name}`, () => fatal([`42["${name}","x"]`]));
  }

  const wrong = {
    "not JSON": ['42["message",'],
    "an object where a list belongs": ['42{"a":1}'],
    "an empty list": ["42[]"],
    "an event named by an object": ['42[{"a":1}]'],
    "an unknown type": ["49[]"],
    "an acknowledgement that is no list": ['431{"a":1}'],
    "a second CONNECT": ["40"],
    "an event to a namespace not joined": ['42/custom,["message"]'],
    "auth that is no object": ['40/custom,"text"'],
    "text between the parts of a binary event": ['451-["message",{"_placeholder":true,"num":0}]', '42["message"]'],
    "binary that was not announced": [Buffer.from([1])],
    "a placeholder out of range": ['451-["message",{"_placeholder":true,"num":7}]', Buffer.from([1])],
    "eleven attachments": [`4511-["message",${placeholders(11)}]`, ...Array(11).fill(Buffer.from([1]))],
  };
  for (const [name, frames] of Object.entries(wrong)) test(name, () => fatal(frames));

  test("an event to a namespace left", () =>
    fatal(['42/custom,["message"]'], {
      async before(wire) {
        await wire.join("/custom,");
        wire.send("41/custom,", '427["message-with-ack"]');
        assert.equal(await wire.packet(), "437[]");
      },
    }));
  test("an event before CONNECT", () => fatal(['42["message"]'], { join: false }));
  test("an unknown Engine.IO packet", () => fatal(["abc"], { join: false }));

  test("ten attachments are allowed", async () => {
    const wire = await (await Wire.open()).join();
    wire.send(`4510-["message",${placeholders(10)}]`, ...Array.from({ length: 10 }, (_, i) => Buffer.from([i])));
    assert.equal(await wire.packet(), `4510-["message-back",${placeholders(10)}]`);
    for (let i = 0; i < 10; i++) assert.equal((await wire.packet()).toString("hex"), `0${i}`);
    wire.drop();
  });

  test("an acknowledgement nobody waits for is ignored", async () => {
    const wire = await (await Wire.open()).join();
    wire.send('43999["late"]', '420["message-with-ack","on"]');
    assert.equal(await wire.packet(), '430["on"]');
    wire.drop();
  });

  test("too large a message is told by 1009", async () => {
    const wire = await (await Wire.open("/strict/")).join();
    wire.send(`42["message","${"x".repeat(1000)}"]`);
    assert.equal(await wire.ending(), 1009);
  });

  test("who joins no namespace is closed", async () => {
    const wire = await Wire.open();
    const beating = (async () => {
      while (await wire.frame()) wire.send("3");
    })().catch(() => {});
    await wire.ending();
    await beating;
  });
}

function placeholders(count) {
  return Array.from({ length: count }, (_, num) => JSON.stringify({ _placeholder: true, num })).join();
}

export function bytes() {
  // Arguments are carried as they came; nothing is decoded and written anew.
  const argument = '{"z":1,"a":[1.0,12345678901234567890,1e2],"<&>":"\\ud800\\u00e9"}';

  test("the greeting of Socket.IO 5", async () => {
    const wire = await Wire.open();
    wire.send('40{"token":"t"}');
    assert.match(await wire.packet(), /^40\{"sid":"[^"]+"\}$/);
    assert.equal(await wire.packet(), '42["auth",{"token":"t"}]');
    wire.send("40/nowhere,");
    assert.equal(await wire.packet(), '44/nowhere,{"message":"Invalid namespace"}');
    wire.send("40/custom");
    assert.match(await wire.packet(), /^40\/custom,\{"sid":"[^"]+"\}$/);
    assert.equal(await wire.packet(), '42/custom,["auth",{}]');
    wire.drop();
  });

  test("server and client say goodbye", async () => {
    const wire = await (await Wire.open()).join();
    wire.send("40/custom,");
    await wire.packet();
    await wire.packet();
    wire.send('42/custom,["leave-me"]');
    assert.equal(await wire.packet(), "41/custom,");
    wire.send('42["kick"]');
    assert.equal(await wire.packet(), "41");
    await wire.ending();
  });

  test("values come back equal", async () => {
    const wire = await (await Wire.open()).join();
    wire.send(`42["message",${argument}]`);
    const [name, back] = JSON.parse((await wire.packet()).slice(2));
    assert.equal(name, "message-back");
    assert.deepEqual(back, JSON.parse(argument));
    assert.deepEqual(Object.keys(back), ["z", "a", "<&>"]);
    wire.drop();
  });
}

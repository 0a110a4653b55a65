// The rules of HTTP polling and of the upgrade to WebSocket.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync, inflateSync } from "node:zlib";
import { pause } from "../lib/kit.mjs";
import { Session, Wire, get, halfPost, refusedUpgrade } from "../lib/raw.mjs";

/** arrival is how long a request is given to reach the server before the next is sent. */
const arrival = 200;

export function polls() {
  test("a second GET closes the session", async () => {
    const session = await Session.open("/engine.io/");
    const both = await Promise.all([session.poll(), session.poll()]); // in either order
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 400]);
    assert.equal(both.find(({ status }) => status === 200).text, "1");
    await session.vanishes();
  });

  test("a second POST closes the session", async () => {
    const session = await Session.open("/engine.io/");
    const unfinished = halfPost(session.url);
    await pause(arrival);
    assert.equal((await session.send("4x")).status, 400);
    await session.vanishes();
    unfinished.destroy();
  });

  test("an aborted GET closes the session", async () => {
    // A GET aborted before it reached the server ends nothing: give it more time then.
    for (let wait = arrival; ; wait *= 3) {
      const session = await Session.open("/engine.io/");
      const abort = new AbortController();
      const hanging = session.poll({ signal: abort.signal });
      await pause(wait);
      abort.abort();
      await assert.rejects(hanging, { name: "AbortError" });
      const known = await session.vanishes().then(() => null, (err) => err);
      if (!known) break;
      if (wait > 5 * arrival) throw known;
    }
  });

  test("a close packet answers the hanging GET and ends the session", async () => {
    const session = await Session.open("/engine.io/");
    const hanging = session.poll();
    await pause(arrival);
    const { status, text } = await session.send("1");
    assert.deepEqual([status, text], [200, "ok"]);
    assert.equal((await hanging).text, "6");
    await session.vanishes();
  });

  test("too large a POST is refused and the session stays", async () => {
    const session = await (await Session.open("/strict/")).join();
    const body = `42["message","${"x".repeat(1000)}"]`;
    assert.equal((await session.send(body)).status, 413);
    assert.equal((await session.send(body, { chunked: true })).status, 413);
    assert.equal((await session.send('42["message","ok"]')).status, 200);
    assert.deepEqual(await session.packets(), ['42["message-back","ok"]']);
  });

  test("exactly the limit is taken", async () => {
    const session = await (await Session.open("/strict/")).join();
    const frame = (size) => `42["collect","${"x".repeat(size - 16)}"]`;
    assert.equal(frame(1000).length, 1000);
    assert.equal((await session.send(frame(1000))).status, 200);
    assert.equal((await session.send(frame(1001))).status, 413);
  });

  test("binary bodies are not of Engine.IO 4", async () => {
    const session = await Session.open("/engine.io/");
    const hanging = session.poll();
    await pause(arrival);
    await session.send(Buffer.from([4, 1, 2]), { headers: { "content-type": "application/octet-stream" } })
      .then(({ status }) => assert.equal(status, 400), () => {});
    await hanging.catch(() => {});
    await session.vanishes();
  });

  test("a body that makes no sense closes the session", async () => {
    const session = await Session.open("/engine.io/");
    await session.send("abc").catch(() => {});
    await session.vanishes();
  });

  test("several packets in one body, both ways", async () => {
    const session = await Session.open("/engine.io/");
    await session.send("4하나\x1e4\u2028\x1ebAQIDBA==\x1e4😀");
    const { headers, text } = await session.poll();
    assert.match(headers["content-type"], /^text\/plain; charset=utf-8$/i);
    assert.equal(text, "4하나\x1e4\u2028\x1ebAQIDBA==\x1e4😀");
  });

  test("an answer may be compressed for who asks, and reads the same", async () => {
    const session = await Session.open("/engine.io/");
    const message = "4" + "마당".repeat(3000);
    await session.send(message);
    const { headers, body } = await session.poll({ headers: { "accept-encoding": "gzip, deflate" } });
    const decode = { gzip: gunzipSync, deflate: inflateSync }[headers["content-encoding"]] ?? ((plain) => plain);
    assert.equal(decode(body).toString(), message);
  });

  test("volatile is dropped while nobody polls", async () => {
    const session = await (await Session.open("/recovery/")).join();
    await session.send('42["volatile-pair"]');
    const packets = await session.packets();
    assert.equal(packets.length, 1);
    assert.match(packets[0], /^42\["surely"/);
  });

  test("volatile is sent while somebody polls", async () => {
    const session = await (await Session.open("/recovery/")).join();
    const hanging = session.poll();
    await pause(arrival);
    await session.send('42["volatile-pair"]');
    assert.match((await hanging).text, /^42\["maybe"\]/); // what follows it may come in the same answer
  });
}

export function upgrades() {
  test("every poll is answered while the upgrade lasts", async () => {
    const session = await Session.open("/recovery/");
    const wire = await session.upgrade();
    wire.send("2probe");
    assert.equal(await wire.frame(), "3probe");
    for (let i = 0; i < 4; i++) assert.equal((await session.poll()).text, "6");

    // Until the client says so, messages go by polling.
    await session.send("40");
    assert.match((await session.packets()).join(), /^40\{/);
    wire.send("5");
    wire.send('420["message-with-ack","over"]');
    for (let frame = ""; !frame.startsWith("430"); ) frame = await wire.frame();
    wire.drop();
  });

  test("after the upgrade, polling is refused", async () => {
    const session = await Session.open("/engine.io/");
    const wire = await session.upgrade();
    wire.send("2probe");
    await wire.frame();
    wire.send("5", "4over");
    assert.equal(await wire.frame(), "4over");
    const { status, text } = await session.poll();
    assert.equal(status, 400);
    assert.equal(JSON.parse(text).code, 3);
    wire.send("4still");
    assert.equal(await wire.frame(), "4still");
    wire.drop();
  });

  test("a second upgrade is closed and the first lives", async () => {
    const session = await Session.open("/engine.io/");
    const wire = await session.upgrade();
    wire.send("2probe");
    await wire.frame();
    const second = await session.upgrade();
    await second.ending();
    wire.send("5", "4first");
    assert.equal(await wire.frame(), "4first");
    wire.drop();
  });

  test("an upgrade that takes too long is closed, the session is not", async () => {
    const session = await (await Session.open("/strict/")).join();
    const wire = await session.upgrade();
    wire.send("2probe");
    assert.equal(await wire.frame(), "3probe");
    await wire.ending();
    await session.send('42["message","by polling"]');
    assert.deepEqual(await session.packets(), ['42["message-back","by polling"]']);
  });

  test("a probe that is none closes its socket only", async () => {
    const session = await Session.open("/engine.io/");
    const wire = await session.upgrade();
    wire.send("4not a probe");
    await wire.ending();
    await session.send("4alive");
    for (let text = "6"; text !== "4alive"; ) {
      ({ text } = await session.poll());
      assert.match(text, /^(6|4alive)$/);
    }
  });

  test("a closed session cannot be upgraded", async () => {
    const session = await Session.open("/engine.io/");
    await session.send("1");
    assert.equal((await refusedUpgrade(session.url.replace("polling", "websocket"))).text, "Session ID unknown");
    assert.equal((await get(session.url)).status, 400);
  });
}

export function engine3() {
  test("text lengths count UTF-16 units", async () => {
    const session = await Session.open("/engine.io/", { eio: 3, query: "&b64=1" });
    assert.match(session.handshake.text, /^(\d+):0\{.*\}$/);
    assert.equal(Number(session.handshake.text.split(":")[0]), session.handshake.text.replace(/^\d+:/, "").length);
    await session.send("2:4€3:4😀10:b4AQIDBA==");
    assert.equal((await session.poll()).text, "2:4€3:4😀10:b4AQIDBA==");
  });

  test("a wrong length closes the session", async () => {
    const session = await Session.open("/engine.io/", { eio: 3 });
    await session.send("99:4x").catch(() => {});
    await session.vanishes();
  });

  test("one binary packet makes the whole payload binary", async () => {
    const session = await Session.open("/engine.io/", { eio: 3 });
    // <0 text | 1 binary> <length in bytes, a digit a byte> <255> <data>
    const text = Buffer.from("4é€😀");
    const payload = Buffer.concat([
      Buffer.from([0, 1, 0, 255]), text,
      Buffer.from([1, 6, 255, 4, 0, 1, 128, 254, 255]),
    ]);
    assert.equal(text.length, 10);
    const sent = await session.send(payload, { headers: { "content-type": "application/octet-stream" } });
    assert.equal(sent.text, "ok");
    const got = await session.poll();
    assert.equal(got.headers["content-type"], "application/octet-stream");
    assert.equal(got.body.toString("hex"), payload.toString("hex"));
  });

  test("binary frames carry their type", async () => {
    const wire = await Wire.open("/engine.io/", { eio: 3 });
    wire.send(Buffer.from([4, 1, 2, 255]), "4text");
    assert.equal((await wire.frame()).toString("hex"), "040102ff");
    assert.equal(await wire.frame(), "4text");
    wire.drop();
  });
}

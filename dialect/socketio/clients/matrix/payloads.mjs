// What arguments survive: text of every kind, JSON, binary, large values.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe } from "../lib/values.mjs";

const texts = {
  astral: "😀 𝒳 👩‍👩‍👧‍👦 \u{10FFFF}",
  korean: "안녕하세요, 마당",
  latin: "é ß Ä — ﬁ",
  "line separators": "a\u2028b\u2029c",
  "record separator": "one\x1etwo\x1e",
  controls: "\0\x01\x7f\x80\x9f\ufeff\uffff",
  escapes: "\"\\/\b\f\n\r\t </script> &amp; %20+",
  framing: "2:40 3:4€x 42[\"x\"]",
  empty: "",
};

const codeUnits = (text) => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));

export function text({ test }) {
  for (const [name, value] of Object.entries(texts)) {
    test(`text: ${name}`, async (_, settled) => {
      const client = await settled();
      client.emit("message", value, { [value]: value });
      assert.deepEqual(await client.next("message-back"), [value, { [value]: value }]);
    });
  }

  // An echo cannot tell two mistakes from none; these two go one way only.
  test("text: the server reads what was sent", async (_, settled) => {
    const client = await settled();
    const all = Object.values(texts).join("|");
    assert.deepEqual(await client.call("units", all), [codeUnits(all)]);
  });

  test("text: the server writes what is received", async (_, settled) => {
    const client = await settled();
    const all = Object.values(texts).join("|");
    assert.deepEqual(await client.call("text", codeUnits(all)), [all]);
  });

  test("text: a lone surrogate", async (_, settled) => {
    const client = await settled();
    const value = "a\ud83d|\ude00b";
    const [back] = await client.call("message-with-ack", value);
    assert.deepEqual(codeUnits(back), codeUnits(value));
  });

  test("JSON keeps its types, its order and its big numbers", async (_, settled) => {
    const client = await settled();
    const args = [
      null, true, false, 0, -1.5, 1e21, 9007199254740991, 5e-324, "", [], {},
      { z: 1, a: { _placeholder: false }, "10": 2, "9": [[[]]] },
      "2026-11-22T00:00:00.000Z",
    ];
    client.emit("message", ...args);
    const back = await client.next("message-back");
    assert.deepEqual(back, args);
    assert.deepEqual(Object.keys(back[11]), Object.keys(args[11]));
    client.emit("message");
    assert.deepEqual(await client.next("message-back"), []);
  });

  test("300 KB of text", async (_, settled) => {
    const client = await settled();
    const value = "마당 yard 😀 ".repeat(18_000);
    assert.ok(Buffer.byteLength(value) > 300_000);
    client.emit("message", value);
    const [back] = await client.next("message-back");
    assert.ok(back === value);
  });
}

export function binary({ test }) {
  const bytes = Buffer.from([0, 1, 2, 4, 0x1e, 0x62, 127, 128, 254, 255]);

  test("binary arrives as it was sent", async (_, settled) => {
    const client = await settled();
    const [seen] = await client.call("describe", bytes, { deep: [bytes.subarray(0, 3)] });
    assert.deepEqual(seen, describe([bytes, { deep: [bytes.subarray(0, 3)] }]));
  });

  test("binary is received as it was sent", async (_, settled) => {
    const client = await settled();
    const wanted = describe({ a: bytes, list: [Buffer.alloc(0), "text", Buffer.from("é")] });
    const [inAck] = await client.call("produce", wanted);
    const [inEvent] = await client.next("produced");
    assert.deepEqual(describe(inAck), wanted);
    assert.deepEqual(describe(inEvent), wanted);
  });

  test("several nested attachments in an event and in an acknowledgement", async (_, settled) => {
    const client = await settled();
    const args = [
      Buffer.from("one"), "between", { two: Buffer.from("두"), list: [1, Buffer.from([0]), null] },
      { deep: { deeper: { deepest: Buffer.from("four") } } },
    ];
    client.emit("message", ...args);
    assert.deepEqual((await client.next("message-back")).map(describe), args.map(describe));
    assert.deepEqual((await client.call("message-with-ack", ...args)).map(describe), args.map(describe));
  });

  test("ten attachments, the most that is allowed", async (_, settled) => {
    const client = await settled();
    const args = Array.from({ length: 10 }, (_, i) => Buffer.from([i, i]));
    client.emit("message", ...args);
    assert.deepEqual((await client.next("message-back")).map(describe), args.map(describe));
  });

  test("300 KB of binary", async (_, settled) => {
    const client = await settled();
    const value = randomBytes(300_000);
    const [back] = await client.call("message-with-ack", value);
    assert.ok(value.equals(Buffer.from(back)));
  });

  test("binary and text keep their order", async (_, settled) => {
    const client = await settled();
    for (let i = 0; i < 30; i++) client.emit("message", i, i % 3 === 0 ? Buffer.from([i]) : "é");
    const back = await client.count("message-back", 30);
    assert.deepEqual(back.map(([i]) => i), Array.from({ length: 30 }, (_, i) => i));
    assert.deepEqual(describe(back[27][1]), { bytes: "1b" });
    assert.equal(back[28][1], "é");
  });
}

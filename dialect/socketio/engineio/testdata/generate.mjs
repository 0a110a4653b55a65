// Writes vectors.json: what the reference parsers make of many frames and payloads, and what the reference encoders
// write. Wire bytes and data are base64. The random part is seeded, so that a second run writes the same file.
import { writeFileSync } from "node:fs";
import * as v4 from "parser-v4";
import v3 from "parser-v3";

let seed = 20261122;
const random = (n) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * n);
};
const pick = (list) => list[random(list.length)];
const b64 = (x) => Buffer.from(x).toString("base64");
const types = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];

// show writes a packet as [type, binary, data]; null is a packet the parser could not read.
const show = (p) => {
  if (p.type === "error") return null;
  const data = p.data ?? "";
  return { type: types.indexOf(p.type), binary: typeof data !== "string", data: b64(data) };
};
// upTo cuts a list of packets at the first mistake.
const upTo = (list) => {
  const at = list.indexOf(null);
  return at < 0 ? { packets: list } : { packets: list.slice(0, at), error: true };
};

const readers = {
  text4: (b) => upTo([show(v4.decodePacket(b.toString("utf8")))]),
  text3: (b) => upTo([show(v3.decodePacket(b.toString("utf8"), "nodebuffer", false))]),
  binary4: (b) => upTo([show(v4.decodePacket(b))]),
  binary3: (b) => upTo([show(v3.decodePacket(b))]),
  payload4: (b) => upTo(v4.decodePayload(b.toString("utf8")).map(show)),
  payload3: (b) => {
    const list = [];
    v3.decodePayload(b.toString("utf8"), "nodebuffer", (p) => { list.push(show(p)); });
    return upTo(list);
  },
  binaryPayload3: (b) => {
    const list = [];
    v3.decodePayloadAsBinary(b, "nodebuffer", (p) => { list.push(show(p)); });
    return upTo(list);
  },
};

// --- encode -----------------------------------------------------------------------------------------------------

const words = ["", "a", "hello", "é", "€", "😀", "a😀b", "\u001e", "2probe", "한국어", ":", "1:2", "\u0000", "b", "\ufffd", "x".repeat(120), "€".repeat(40), "😀".repeat(33)];
const somePacket = () => {
  if (random(4) === 0) return { type: "message", data: Buffer.from(Array.from({ length: random(12) }, () => random(256))) };
  const type = random(3) ? "message" : pick(types);
  const data = pick(words);
  return data === "" ? { type } : { type, data };
};
const writePayload = (encode) => {
  let out;
  encode((body) => (out = body));
  return { body: b64(out), binary: typeof out !== "string" };
};

const encoded = [];
for (let i = 0; i < 150; i++) {
  const packets = Array.from({ length: i < 4 ? i : 1 + random(5) }, somePacket).map((p) =>
    typeof p.data === "string" ? { ...p, data: p.data.replaceAll("\u001e", "\\u001e") } : p); // as JSON writes it
  const one = (parser, ...args) => packets.map((p) => { let out; parser.encodePacket(p, ...args, (x) => (out = x)); return b64(out); });
  encoded.push({
    packets: packets.map(show),
    payload4: packets.length ? writePayload((cb) => v4.encodePayload(packets, cb)) : undefined,
    payload3: writePayload((cb) => v3.encodePayload(packets, true, cb)),
    payload3b64: writePayload((cb) => v3.encodePayload(packets, false, cb)),
    frames4: one(v4, true), frames4b64: one(v4, false), frames3: one(v3, true, false), frames3b64: one(v3, false, false),
  });
}

// --- decode -----------------------------------------------------------------------------------------------------

const text = (...list) => list.map((s) => Buffer.from(s, "utf8"));
const bytes = (...list) => list.map((x) => Buffer.from(x));
const packetTexts = text("0", "1", "2", "3", "4", "5", "6", "7", "9", "a", "", " ", "-", "4hello", "4é€😀", "2probe", "3probe", "b", "bAQID", "bAQIDBA==", "bAQIDBA",
  "bAQ ID", "bA-_/", "b4", "b4AQIDBA==", "b4AQIDBA", "b2AQID", "b7AQID", "bb", "b4!!!", "bAQID\r\nAQID", "b4AQID\nBA==", "bAQ==ID", "bA", "b=", "b====", "4\u001e", "4\u0000", "\u00004", "B4AQID", "４", "\ufeff4a",
  '0{"sid":"a"}', "4".repeat(300), "bAQIDBB==");
const good4 = [], good3 = [], goodBinary3 = [];
for (const e of encoded) {
  if (e.payload4) good4.push(Buffer.from(e.payload4.body, "base64"));
  (e.payload3.binary ? goodBinary3 : good3).push(Buffer.from(e.payload3.body, "base64"));
  good3.push(Buffer.from(e.payload3b64.body, "base64"));
}
const mutateText = (b) => {
  const chars = [...b.toString("utf8")];
  for (let k = 1 + random(2); k > 0; k--) {
    const at = random(chars.length + 1), c = pick([..."0123456789:b=+/", "\u001e", "\u001e", " ", "a", "€", "😀"]);
    switch (random(4)) {
      case 0: chars.splice(at, 1); break;
      case 1: chars.splice(at, 0, c); break;
      case 2: chars.splice(at, 1, c); break;
      case 3: chars.length = at; break;
    }
  }
  return Buffer.from(chars.join(""), "utf8");
};
const mutateBytes = (b) => {
  const list = [...b];
  for (let k = 1 + random(2); k > 0; k--) {
    const at = random(list.length + 1), c = pick([0, 1, 2, 3, 4, 9, 10, 52, 128, 195, 237, 255]);
    switch (random(4)) {
      case 0: list.splice(at, 1); break;
      case 1: list.splice(at, 0, c); break;
      case 2: list.splice(at, 1, c); break;
      case 3: list.length = at; break;
    }
  }
  return Buffer.from(list);
};
const many = (list, n, mutate) => Array.from({ length: n }, () => mutate(pick(list)));
const isText = (b) => Buffer.compare(Buffer.from(b.toString("utf8"), "utf8"), b) === 0;

const cases = {
  text4: packetTexts,
  text3: packetTexts,
  binary4: bytes([], [0], [4], [1, 2, 3], [255, 0]),
  binary3: bytes([], [4], [4, 1, 2, 3], [4, 255], [0], [6, 1], [7], [7, 1], [52, 1], [255], [2, 112]),
  payload4: [...text("", "4", "4a\u001e4b", "\u001e", "4a\u001e", "\u001e4a", "4a\u001e\u001e4b", "2\u001e4é€😀\u001ebAQID", "4a\u001e7\u001e4b", "4a\u001ebA\u001e4b", "bAQID\u001ebAQID", '42["a","\\u001e"]'),
    ...good4, ...many(good4, 200, mutateText)],
  payload3: [...text("", "0:", "0:0:", "1:4", "2:4€", "3:4😀", "2:4😀", "4:4😀", "2:4😀1:2", "6:4hello2:4€", "10:b4AQIDBA==", "8:b4AQIDBA", "11:b4AQIDBA==", "9:b4AQIDBA==", "4a", "4", ":", ":4a", "1", "1:", "2:4", "-1:4", "1.0:4", "1e0:4", "0x1:4", " 1:4", "01:4",
    "+1:4", "1 :4", "99999999999999999999:4", "a:4", "1:41:2", "1:4 1:2", "1:7", "1:41:7", "0:1:4", "1:40:", "2:4é", "3:4é", "2:bA", "1:b", "2:b4", "2:b7", "4:4\u0000\u00011:2", "2:40", "Infinity:4", "NaN:4", "\uff11:4"),
    ...good3, ...many(good3, 250, mutateText)],
  binaryPayload3: [...bytes([], [0, 1, 255, 52], [1, 1, 255, 4], [1, 4, 255, 4, 1, 2, 3], [0, 2, 255, 52, 97, 1, 2, 255, 4, 9], [0, 3, 255, 52, 0xc3, 0xa9], [0, 5, 255, 52, 0xf0, 0x9f, 0x98, 0x80], [0, 4, 255, 52, 0xed, 0xa0, 0x80],
    [0, 7, 255, 52, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], [0, 3, 255, 52, 0xed, 0xa0], [0, 2, 255, 52, 0xff], [0, 3, 255, 52, 0xc0, 0x80], [0, 2, 255, 52, 0xc3], [0, 5, 255, 52, 0xf4, 0x90, 0x80, 0x80],
    [0, 1, 0, 255, 52, 1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 0, 1, 255, 52], [0, 12, 255, ...Buffer.from("4hello world")], [0, 255, 52], [0, 0, 255], [1, 0, 255], [2, 2, 255, 4, 1], [9, 1, 255, 4], [0, 2, 255, 52], [1, 9, 255, 4, 1], [0, 1, 255],
    [1, 1, 255, 7], [1, 2, 255, 52, 1], [0, 1, 255, 55], [0, 6, 255, ...Buffer.from("b4AQID")], [0, 8, 255, ...Buffer.from("b4AQIDBA")], [0, 1, 255, 52, 0, 1, 255, 55], [0, 1, 255, 52, 0, 1, 255, 50]),
    ...goodBinary3, ...many(goodBinary3, 200, mutateBytes)],
};

const lines = (list) => "[\n" + list.map((x) => JSON.stringify(x)).join(",\n") + "\n]";
const decoded = [];
for (const [kind, list] of Object.entries(cases)) {
  const seen = new Set();
  for (const b of list) {
    const key = b64(b);
    if (seen.has(key) || (!kind.includes("inary") && !isText(b))) continue;
    seen.add(key);
    decoded.push({ kind, in: key, ...readers[kind](b) });
  }
}
writeFileSync(new URL("vectors.json", import.meta.url), `{"decode": ${lines(decoded)},\n"encode": ${lines(encoded)}}\n`);

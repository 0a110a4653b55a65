// Writes vectors.json: what the reference parsers make of many text frames (decode), and what the reference encoders
// write for many values (encode). The random part is seeded, so that a second run writes the same file.
import { writeFileSync } from "node:fs";
import * as v5 from "parser-v5";
import v4 from "parser-v4";

let seed = 20261122;
const random = (n) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * n);
};
const pick = (list) => list[random(list.length)];

// --- decode -----------------------------------------------------------------------------------------------------

function decode(parser, text) {
  const decoder = new parser.Decoder();
  let packet;
  decoder.on("decoded", (p) => (packet = p));
  try {
    decoder.add(text);
  } catch (e) {
    return { error: e.message };
  }
  packet ??= decoder.reconstructor.packet ?? decoder.reconstructor.reconPack;
  if (typeof packet.data === "string" && packet.data.startsWith("parser error")) {
    return { error: packet.data }; // protocol 4's parser reports some mistakes as a packet
  }
  const plain = { 5: 2, 6: 3 }; // one of the parsers turns the binary types into the plain ones, the other does not
  const out = { type: plain[packet.type] ?? packet.type };
  out.nsp = packet.nsp;
  if (packet.id !== undefined) out.id = Number.isNaN(packet.id) ? "NaN" : packet.id;
  if (packet.attachments !== undefined) out.attachments = packet.attachments;
  if (packet.data !== undefined) out.data = packet.data;
  return out;
}

const frames = [
  // connect
  "0", "0/", "0/,", "0/admin", "0/admin,", "0/admin?token=abc,", "0/admin?token=abc", "0/?a=b,", "0/admin?,", "0/a?b?c,",
  '0{}', '0{"token":"123"}', '0/admin,{"token":"123"}', '0/admin{"a":1}', '0/admin{"a":1,"b":2}', '0[]', "0null", '0"a"', "01", '01{}',
  "0true", "0{", '0{"a":1} ', '0 {}', "0/관리,", "0/😀,{}", '0{"__proto__":{"a":1}}', '0{"a":{"b":[1,2,{"c":null}]}}',
  // disconnect
  "1", "1/admin,", "1/admin", "1{}", '1["a"]', "112", "1/,", "1null", '1""',
  // event
  "2", '2["hello"]', '2["hello",1,"2",{"3":[4]}]', '21["hello"]', '2/admin,["a"]', '2/admin,456["project:delete",123]', "2[]", '2["a"', "2{}", '2"a"',
  "2[1]", '2[1,"b"]', "2[-1.5e3]", "2[0]", "2[null]", "2[true]", "2[{}]", "2[[]]", '2[ "a" , 1 ]', '2["a"] ', '2 ["a"]', '2\t["a"]', '21 ["a"]', '2 1["a"]',
  '2["connect"]', '2["connect_error"]', '2["disconnect"]', '2["disconnecting"]', '2["newListener"]', '2["removeListener"]', '2["disconnectin"]',
  '2["conn\\u0065ct"]', '2["\\u0064isconnect",1]', '2["connect\\u0020"]', '2["error"]', '2["Connect"]', '2[""]', '2["a\\"b"]', '2["a\\\\"]', '2["a\\/b"]',
  '2["\\ud83d\\ude00"]', '2["\\ud800"]', '2["😀","é€"]', '2["a","\u001e"]', '2["a","\\u001e"]', '2["a","\u2028\u2029"]', '2["a",12345678901234567890]',
  '2["a",0.1e-7]', '2["a",01]', '2["a",+1]', '2["a",.5]', '2["a",1.]', '2["a",NaN]', "2['a']", '2["a",]', '2["a",,1]', '2["a"]x', '2["a"]["b"]',
  '2["a",{"b":1,"b":2}]', '2["a",{"_placeholder":true,"num":0}]', '2["a",{"z":1,"a":2}]', '2/,["a"]', '2/a?b,["a"]', '2//,["a"]', '2/a/b,1["a"]', '2,["a"]',
  '2["a\n"]', '2["a\tb"]', '2["\\x41"]', '2["\\u12"]', '2["a","\ud800"]', '2/adm"in,["a"]', '2["a",' + "[".repeat(60) + "]".repeat(60) + "]",
  '29007199254740991["a"]', '29007199254740993["a"]', '218446744073709551615["a"]', '218446744073709551616["a"]', '2123456789012345678901234567890["a"]', '2007["a"]', '20["a"]', '2-1["a"]', '21.5["a"]',
  // ack
  "3", "31", "3[]", "31[]", '3/admin,456[]', '31["a",null]', "31[null]", "31{}", '31"a"', "31null", "3/a,1[[]]", "31[1,2", "3/a", "3/a,", "3/a,5",
  // connect error
  "4", '4"Invalid namespace"', '4{"message":"Not authorized"}', '4/admin,{"message":"x","data":{"a":[1]}}', "4[]", "4null", "41", "4true", '4/admin,"no data"', '4""', '4"a', "4/a,",
  // binary
  '51-["a",{"_placeholder":true,"num":0}]', '52-/admin,7["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', '50-["a"]', '5-["a"]', '5["a"]', "5", "51", "51-",
  '510-["a"]', '511-["a"]', '5999999999999999999999-["a"]', '501-["a"]', '5 1-["a"]', '51 -["a"]', '50x1-["a"]', '51e0-["a"]', '51.0-["a"]', '51.5-["a"]', '5+1-["a"]', '5--1-["a"]', '5a-["a"]', '5/-["a"]',
  '51-[]', '51-{}', '51-["connect"]', '51-[{"_placeholder":true,"num":0}]', '51-/a', '51-/a,["b"]', '51-1["a"]', '51- ["a"]', '51-',
  '61-[{"_placeholder":true,"num":0}]', '61-/a,1[{"_placeholder":true,"num":0}]', '61-1[]', '60-1[]', '61-1["a"', "6", "61-1", '611-1[]', '61-1{}',
  // types
  "", " ", "\n", "\u00a0", "7", "8[]", "9", "a", "-1", '"2"', "[", "{}", "/", "b", "\u0000", "２", "2\u0000", '\ufeff2["a"]', '2\ufeff["a"]', '2\u00a0["a"]',
].map((s) => s.toWellFormed());

const alphabet = [...'0123456789', "-", "/", ",", "?", "[", "]", "{", "}", '"', ":", "\\", " ", "\t", "\n", "\u001e", "a", "connect", "true", "null", "é", "😀", "\\ud83d", "_placeholder"];
const mutate = (s) => {
  const chars = [...s];
  for (let k = 1 + random(2); k > 0; k--) {
    const at = random(chars.length + 1);
    switch (random(4)) {
      case 0: chars.splice(at, 1); break;
      case 1: chars.splice(at, 0, pick(alphabet)); break;
      case 2: chars.splice(at, 1, pick(alphabet)); break;
      case 3: chars.length = at; break;
    }
  }
  return chars.join("");
};
const good = frames.filter((f) => f.length > 1 && !decode(v5, f).error);
const inputs = new Set(frames);
while (inputs.size < frames.length + 600) inputs.add(mutate(pick(good)));

// --- binary sequences -------------------------------------------------------------------------------------------

// show writes a value as JSON with {"$bin": base64} for each Buffer.
const show = (v) => {
  if (Buffer.isBuffer(v)) return { $bin: v.toString("base64") };
  if (Array.isArray(v)) return v.map(show);
  if (v && typeof v === "object") return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, show(x)]));
  return v;
};

function join(parser, text, parts) {
  const decoder = new parser.Decoder();
  let packet;
  decoder.on("decoded", (p) => (packet = p));
  try {
    decoder.add(text);
    for (const part of parts) decoder.add(part);
  } catch (e) {
    return { error: e.message };
  }
  return packet ? { data: show(packet.data) } : { error: "unfinished" };
}

const P = (num, more = "") => `{"_placeholder":true,"num":${num}${more}}`;
const bin = (...bytes) => Buffer.from(bytes);
const sequences = [
  [`51-["a",${P(0)}]`, [bin(1, 2, 3)]],
  [`52-["a",${P(1)},${P(0)}]`, [bin(1), bin(2)]],
  [`52-["a",${P(0)},${P(0)}]`, [bin(1), bin(2)]],
  [`51-["a"]`, [bin(1)]],
  [`51-["a",${P(1)}]`, [bin(1)]],
  [`51-["a",${P(-1)}]`, [bin(1)]],
  [`51-["a",${P('"0"')}]`, [bin(1)]],
  [`51-["a",${P("null")}]`, [bin(1)]],
  [`51-["a",{"_placeholder":true}]`, [bin(1)]],
  [`51-["a",{"_placeholder":false,"num":5}]`, [bin(1)]],
  [`51-["a",{"_placeholder":1,"num":5}]`, [bin(1)]],
  [`51-["a",{"_placeholder":"true","num":5}]`, [bin(1)]],
  [`51-["a",{"num":0,"_placeholder":true}]`, [bin(9)]],
  [`51-["a",{ "num" : 0 ,\n"_placeholder"\t: true }]`, [bin(9)]],
  [`51-["a",{"_placeholder":true,"num":0,"x":${P(7)}}]`, [bin(9)]],
  [`51-["a",{"x":${P(7)},"num":0,"_placeholder":true}]`, [bin(9)]],
  [`51-["a",{"_placeholder":true,"num":5,"num":0}]`, [bin(9)]],
  [`51-["a",{"_placeholder":true,"num":0,"num":5}]`, [bin(9)]],
  [`51-["a",{"_placeholder":true,"_placeholder":false,"num":5}]`, [bin(9)]],
  [`51-["a",{"\\u005fplaceholder":true,"n\\u0075m":0}]`, [bin(9)]],
  [`51-["a",{"\\u005fplaceholder":true,"num":3}]`, [bin(9)]],
  [`51-["a",{"b":[{"c":${P(0)}}],"d":"{\\"_placeholder\\":true}"}]`, [bin(255, 0)]],
  [`51-["a","_placeholder",${P(0)}]`, [bin()]],
  [`61-4[${P(0)}]`, [bin(4)]],
  [`61-4[${P(3)}]`, [bin(4)]],
  [`51-["a",[[[${P(0)}]]],{"num":1}]`, [bin(4)]],
  [`51-["a",${P(0)}]`, [bin(1), bin(2)]],
  [`52-["a",${P(0)}]`, [bin(1)]],
  [`52-["a",${P(0)}]`, [bin(1), '2["b"]']],
  [`2["a"]`, [bin(1)]],
  [`51-["a",{"_placeholder":true,"num":0.5}]`, [bin(1)]],
  [`51-["a",{"_placeholder":true,"num":0.0}]`, [bin(1)]],
];

// --- encode -----------------------------------------------------------------------------------------------------

const words = ["", "a", "héllo", "😀", "\u001e", "\n\t\b\f\r\"\\/", "<&>", "\u0000\u001f\u007f", "\ufffd", "null", "한국어", "a".repeat(40)];
function value(depth) {
  switch (random(depth > 0 ? 9 : 6)) {
    case 0: return null;
    case 1: return random(2) === 1;
    case 2: return pick([0, 1, -1, 42, 123456789, 9007199254740991, 0.5, -1.25, 1e21, 1e-7]);
    case 3: case 4: return pick(words);
    case 5: return Buffer.from(Array.from({ length: random(6) }, () => random(256)));
    case 6: return Array.from({ length: random(4) }, () => value(depth - 1));
    default: {
      const keys = [...new Set(Array.from({ length: random(4) }, () => pick(["a", "b", "é", "z", "num", "x y", '"'])))];
      keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      return Object.fromEntries(keys.map((k) => [k, value(depth - 1)]));
    }
  }
}
const binary = (v) => Buffer.isBuffer(v) || (v !== null && typeof v === "object" && Object.values(v).some(binary));

function encode(type, nsp, id, args) {
  const packet = () => ({ type, nsp, id, data: structuredCloneBuffers(args) });
  const five = new v5.Encoder().encode(packet());
  const old = packet();
  if (binary(args)) old.type += 3;
  let four;
  new v4.Encoder().encode(old, (out) => (four = out));
  const wire = (list) => ({ text: list[0], parts: list.slice(1).map((b) => b.toString("base64")) });
  if (JSON.stringify(wire(four)) !== JSON.stringify(wire(five))) throw new Error("the two encoders differ: " + four[0]);
  return { type, nsp, id, args: show(args), ...wire(five) };
}
const structuredCloneBuffers = (v) => {
  if (Buffer.isBuffer(v)) return Buffer.from(v);
  if (Array.isArray(v)) return v.map(structuredCloneBuffers);
  if (v && typeof v === "object") return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, structuredCloneBuffers(x)]));
  return v;
};

const encoded = [];
for (let i = 0; i < 250; i++) {
  const ack = random(3) === 0;
  const args = Array.from({ length: random(4) }, () => value(3));
  if (!ack) args.unshift(pick(["message", "é", "a b", 'q"', "😀"]));
  encoded.push(encode(ack ? 3 : 2, pick(["/", "/admin", "/관리/x"]), ack || random(2) ? random(1000) : undefined, args));
}

const lines = (list) => "[\n" + list.map((x) => JSON.stringify(x)).join(",\n") + "\n]";
writeFileSync(new URL("vectors.json", import.meta.url),
  `{"decode": ${lines([...inputs].map((text) => ({ in: text, v5: decode(v5, text), v4: decode(v4, text) })))},
"join": ${lines(sequences.map(([text, parts]) => ({ in: text, parts: parts.map((p) => (typeof p === "string" ? { text: p } : { bin: p.toString("base64") })), v5: join(v5, text, parts), v4: join(v4, text, parts) })))},
"encode": ${lines(encoded)}}
`);

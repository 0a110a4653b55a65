// Talks as a real client to the echo server at the URL that is the only argument, and exits with 0 if all went well.
'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const WebSocket = require('ws');

const url = process.argv[2];

async function open(options) {
  const ws = new WebSocket(url, options);
  ws.received = [];
  ws.waiting = [];
  ws.on('message', (data, isBinary) => {
    const waiting = ws.waiting.shift();
    const message = { data, isBinary };
    if (waiting) waiting(message);
    else ws.received.push(message);
  });
  await once(ws, 'open');
  return ws;
}

function next(ws) {
  if (ws.received.length > 0) return ws.received.shift();
  return new Promise((resolve) => ws.waiting.push(resolve));
}

async function echoes(ws, data, options) {
  ws.send(data, options);
  const got = await next(ws);
  assert.equal(got.isBinary, typeof data !== 'string');
  assert.ok(Buffer.from(data).equals(got.data), `${data.length} bytes came back changed`);
}

async function closes(ws, code, reason) {
  const closed = once(ws, 'close');
  ws.close(code, reason);
  const [gotCode, gotReason] = await closed;
  assert.equal(gotCode, code ?? 1005);
  assert.equal(gotReason.toString(), reason ?? '');
}

const sizes = [0, 1, 125, 126, 127, 65535, 65536, 200000, 1 << 20];

const tests = {
  async textAndBinary(options) {
    const ws = await open(options);
    for (const n of sizes) {
      await echoes(ws, 'ü'.repeat(n / 2) + 'x'.repeat(n % 2));
      await echoes(ws, Buffer.alloc(n, 'some bytes'));
    }
    await closes(ws, 1000, 'done');
  },

  async fragments(options) {
    const ws = await open(options);
    ws.send('one ', { fin: false });
    ws.ping('between');
    ws.send('two ', { fin: false });
    const [pong] = await once(ws, 'pong');
    assert.equal(pong.toString(), 'between');
    ws.send('€', { fin: true });
    assert.equal((await next(ws)).data.toString(), 'one two €');
    await closes(ws, 1000);
  },

  async pings(options) {
    const ws = await open(options);
    for (const payload of ['', 'x', 'y'.repeat(125)]) {
      const pong = once(ws, 'pong');
      ws.ping(payload);
      assert.equal((await pong)[0].toString(), payload);
    }
    ws.pong('unasked');
    await echoes(ws, 'still here');
    await closes(ws);
  },

  async manyAtOnce(options) {
    const ws = await open(options);
    for (let i = 0; i < 2000; i++) ws.send(`message ${i}`);
    for (let i = 0; i < 2000; i++) assert.equal((await next(ws)).data.toString(), `message ${i}`);
    await closes(ws, 1000);
  },

  async closeCodes(options) {
    for (const code of [undefined, 1000, 1001, 1003, 1008, 1011, 1012, 1013, 1014, 3000, 4999]) {
      const ws = await open(options);
      await closes(ws, code, code && `reason ${code}`);
    }
  },

  async tooBig(options) {
    const ws = await open(options);
    const closed = once(ws, 'close');
    ws.send(Buffer.alloc((1 << 20) + 1));
    assert.equal((await closed)[0], 1009);
  },

  async notUTF8(options) {
    const ws = await open(options);
    const closed = once(ws, 'close');
    ws.send(Buffer.from([0x61, 0xed, 0xa0, 0x80]), { binary: false });
    assert.equal((await closed)[0], 1007);
  },

  async rubbish(options) {
    const ws = await open(options);
    const closed = once(ws, 'close');
    ws._socket.write(Buffer.from([0x83, 0x80, 1, 2, 3, 4]));
    assert.equal((await closed)[0], 1002);
  },
};

async function main() {
  for (const [name, options, extension] of [
    ['plain', { perMessageDeflate: false }, ''],
    ['deflate', { perMessageDeflate: { threshold: 0 } }, 'permessage-deflate'],
  ]) {
    const probe = await open(options);
    assert.equal(probe.extensions, extension);
    await closes(probe, 1000);
    for (const [test, f] of Object.entries(tests)) {
      await f(options);
      console.log(`${name} ${test}: ok`);
    }
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

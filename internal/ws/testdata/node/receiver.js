// Reads lines of {bytes: base64, deflate: bool} and answers each with what the Receiver of the ws package makes of the
// bytes as a server: {messages: ["opcode:hex"], code}.
'use strict';

const path = require('node:path');
const readline = require('node:readline');

const lib = path.join(__dirname, 'node_modules', 'ws', 'lib');
const Receiver = require(path.join(lib, 'receiver.js'));
const PerMessageDeflate = require(path.join(lib, 'permessage-deflate.js'));

const maxPayload = 1 << 16;

function statusCode(error) {
  const symbol = Object.getOwnPropertySymbols(error).find((s) => s.description === 'status-code');
  if (symbol === undefined) throw error;
  return error[symbol];
}

function receive({ bytes, deflate }) {
  return new Promise((resolve) => {
    const extensions = {};
    if (deflate) {
      const options = { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true };
      const extension = new PerMessageDeflate(options, true, maxPayload);
      extension.accept([{ server_no_context_takeover: [true], client_no_context_takeover: [true] }]);
      extensions['permessage-deflate'] = extension;
    }
    const messages = [];
    const receiver = new Receiver({ isServer: true, maxPayload, extensions, allowSynchronousEvents: true });
    const done = (code) => resolve({ messages, code });
    const take = (op) => (data) => messages.push(`${op}:${Buffer.from(data).toString('hex')}`);
    receiver.on('message', (data, isBinary) => take(isBinary ? 2 : 1)(data));
    receiver.on('ping', take(9));
    receiver.on('pong', take(10));
    receiver.on('conclude', (code, reason) => {
      const body = Buffer.alloc(code === 1005 ? 0 : 2);
      if (code !== 1005) body.writeUInt16BE(code);
      take(8)(Buffer.concat([body, reason]));
      done(0);
    });
    receiver.on('error', (error) => done(statusCode(error)));
    receiver.write(Buffer.from(bytes, 'base64'), (error) => {
      if (!error) done(0);
    });
  });
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await receive(JSON.parse(line))) + '\n');
  }
}

main();

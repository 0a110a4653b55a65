// What the tests have in common: real Socket.IO servers that meet in Redis, and clients that write down what they hear.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { io as connect } from 'socket.io-client';

const { REDIS_URL } = process.env;

// redis opens a connection.
export const redis = () => new Redis(REDIS_URL);

// adapters makes what joins a server to the others, and what closes it.
const adapters = {
	pubsub(key) {
		const [pub, sub] = [redis(), redis()];
		return [createAdapter(pub, sub, { key }), () => Promise.all([pub.quit(), sub.quit()])];
	},
	streams(key) {
		const client = redis();
		return [createStreamsAdapter(client, { streamName: key, channelPrefix: key, blockTimeInMs: 200 }), () => client.quit()];
	},
};

// server starts a real Socket.IO server with an adapter.
export async function server(way, key) {
	const http = createServer();
	const [adapter, end] = adapters[way](key);
	const io = new Server(http, { adapter });
	io.of('/admin');
	await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
	let closed;
	const close = () => (closed ??= io.close().then(end));
	return { io, url: `http://127.0.0.1:${http.address().port}`, close };
}

// until waits until something holds.
export async function until(what, holds) {
	for (const end = Date.now() + 30_000; !(await holds()); await sleep(5)) if (Date.now() > end) throw new Error(`in vain: ${what}`);
}

// client connects and writes down what it hears. Questions it answers with its name.
export async function client(url, name, namespace = '/') {
	const socket = connect(url + namespace, { transports: ['websocket'], forceNew: true, reconnection: false });
	const c = { socket, name, heard: [], ended: null };
	socket.onAny((...args) => {
		const answer = args.at(-1);
		if (typeof answer === 'function') {
			args.pop();
			if (args[0] === 'ask') answer({ name, again: args[1] });
			if (args[0] === 'ask binary') answer(Buffer.from(name));
			if (args[0] === 'ask nothing') answer();
		}
		c.heard.push(args);
	});
	socket.on('disconnect', (reason) => (c.ended = reason));
	await new Promise((resolve, reject) => socket.on('connect', resolve).on('connect_error', reject));
	c.id = socket.id;
	c.has = (event) => until(`${name} hears ${event}`, () => c.heard.some(([e]) => e === event));
	return c;
}

// Two servers that Redis joins: clients lose their connection to one and come back to the other. NODE_A and NODE_B are the
// addresses.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { io } from 'socket.io-client';

const Pusher = createRequire(import.meta.url)('pusher-js'); // its build for Node.js
const { NODE_A: a, NODE_B: b } = process.env;
const key = 'shop-key';

const within = (what, promise, ms = 30_000) => {
	let timer;
	const end = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: nothing came`)), ms)));
	return Promise.race([promise, end]).finally(() => clearTimeout(timer));
};

// publish is a backend that asks a node.
const publish = async (node, channel, name, data) => {
	const body = JSON.stringify({ name, channels: [channel], data: JSON.stringify(data) });
	const query = new URLSearchParams({ auth_key: key, auth_timestamp: String(Math.floor(Date.now() / 1000)), auth_version: '1.0', body_md5: createHash('md5').update(body).digest('hex') });
	query.set('auth_signature', createHmac('sha256', 'shop-secret').update(`POST\n/apps/shop/events\n${query}`).digest('hex'));
	const answer = await fetch(`${node}/apps/shop/events?${query}`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
	assert.equal(answer.status, 200, await answer.text());
};

test('a Socket.IO client is the same on another node, and has missed nothing', async (t) => {
	const socket = io(a, { transports: ['websocket'], reconnectionDelay: 500 });
	t.after(() => socket.disconnect());
	await within('the connection', new Promise((resolve) => socket.once('connect', resolve)));
	const heard = [];
	const until = (n) => within(`number ${n}`, new Promise((resolve) => {
		const look = () => heard.includes(n) && (socket.off('Number', look), resolve());
		socket.on('Number', look);
		look();
	}));
	socket.on('Number', (_, { n }) => heard.push(n));
	socket.emit('subscribe', { channel: 'wander' });
	const joined = within('the first event', new Promise((resolve) => socket.once('Hello', resolve)));
	const knock = setInterval(() => publish(b, 'wander', 'Hello', {}).catch(() => {}), 50);
	await joined.finally(() => clearInterval(knock));
	const { id } = socket;
	let n = 0;
	for (const to of [b, a, b]) {
		await publish(a, 'wander', 'Number', { n: ++n });
		await until(n);
		socket.io.uri = to;
		const back = within('the return', new Promise((resolve) => socket.once('connect', resolve)));
		socket.io.engine.close();
		for (const node of [a, b, a]) await publish(node, 'wander', 'Number', { n: ++n });
		await back;
		assert.equal(socket.recovered, true);
		assert.equal(socket.id, id);
		await publish(b, 'wander', 'Number', { n: ++n });
		await until(n);
		assert.deepEqual(heard, Array.from({ length: n }, (_, i) => i + 1));
	}
});

test('a Pusher client finds the last event of a cache channel on another node', async (t) => {
	await publish(a, 'cache-last', 'Last', { n: 7 });
	const { hostname, port } = new URL(b);
	const pusher = new Pusher(key, { cluster: '', wsHost: hostname, wsPort: Number(port), forceTLS: false, enabledTransports: ['ws'] });
	t.after(() => pusher.disconnect());
	const last = await within('the last event', new Promise((resolve) => pusher.subscribe('cache-last').bind('Last', resolve)));
	assert.deepEqual(last, { n: 7 });
});

// Two servers that Redis joins, with real clients on both: Laravel Echo over Pusher's protocol and over Socket.IO. Whatever
// is published on one is heard on both, members are counted in the whole cluster, and those of a server that is killed leave.
// NODE_A and NODE_B are the addresses, A_PID is the process that is killed at the end.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import Echo from 'laravel-echo';
import { io } from 'socket.io-client';

const Pusher = createRequire(import.meta.url)('pusher-js'); // its build for Node.js
const { NODE_A: a, NODE_B: b } = process.env;
const key = 'shop-key';
const secret = 'shop-secret';
const sign = (text) => createHmac('sha256', secret).update(text).digest('hex');

const within = (what, promise, ms = 15_000) => {
	let timer;
	const end = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: nothing came`)), ms)));
	return Promise.race([promise, end]).finally(() => clearTimeout(timer));
};

// overPusher is Echo on a node. Private and presence channels are signed here, as a backend would.
const overPusher = (node, user) => {
	const { hostname, port } = new URL(node);
	const customHandler = ({ socketId, channelName }, done) => {
		const member = JSON.stringify({ user_id: user, user_info: { name: user } });
		const presence = channelName.startsWith('presence-');
		const auth = `${key}:${sign(`${socketId}:${channelName}${presence ? `:${member}` : ''}`)}`;
		done(null, presence ? { auth, channel_data: member } : { auth });
	};
	return new Echo({ broadcaster: 'pusher', Pusher, key, cluster: '', wsHost: hostname, wsPort: Number(port), forceTLS: false, enabledTransports: ['ws'], disableStats: true, channelAuthorization: { customHandler } });
};

// publish is a backend that asks a node.
const publish = async (node, channel, name, data) => {
	const body = JSON.stringify({ name, channels: [channel], data: JSON.stringify(data) });
	const query = new URLSearchParams({ auth_key: key, auth_timestamp: String(Math.floor(Date.now() / 1000)), auth_version: '1.0', body_md5: createHash('md5').update(body).digest('hex') });
	query.set('auth_signature', sign(`POST\n/apps/shop/events\n${query}`));
	const answer = await fetch(`${node}/apps/shop/events?${query}`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
	assert.equal(answer.status, 200, await answer.text());
};

const subscribed = (channel) => within('the subscription', new Promise((resolve, reject) => channel.subscribed(resolve).error(reject)));

test('two nodes', async (t) => {
	const onA = overPusher(a, 'ann');
	const onB = overPusher(b, 'bob');
	const socket = new Echo({ broadcaster: 'socket.io', client: io, host: b, transports: ['websocket'] });
	t.after(() => [onA, onB, socket].forEach((echo) => echo.disconnect()));

	await t.test('what is published on one is heard on both, in its order, in every tongue', async () => {
		const count = 50;
		const hears = (echo) => {
			const heard = [];
			const channel = echo.channel('news');
			const all = new Promise((resolve) => channel.listen('.Number', ({ n }) => heard.push(n) === count && resolve(heard)));
			return { channel, all };
		};
		const ears = [onA, onB, socket].map(hears);
		await Promise.all([subscribed(ears[0].channel), subscribed(ears[1].channel)]);
		// Socket.IO's Echo is told nothing about a public channel: it has joined when it hears something.
		const joined = within('the first event', new Promise((resolve) => socket.channel('news').listen('.Hello', resolve)));
		const knock = setInterval(() => publish(a, 'news', 'Hello', {}).catch(() => {}), 50);
		await joined.finally(() => clearInterval(knock));
		for (let n = 0; n < count; n++) await publish(n % 2 ? a : b, 'news', 'Number', { n });
		for (const { all } of ears) assert.deepEqual(await within('all numbers', all), Array.from({ length: count }, (_, n) => n));
	});

	await t.test('a client speaks to those on the other node', async () => {
		const [near, far] = [onA.private('talk'), onB.private('talk')];
		await Promise.all([subscribed(near), subscribed(far)]);
		const heard = within('the whisper', new Promise((resolve) => far.listenForWhisper('typing', resolve)));
		near.whisper('typing', { who: 'ann' });
		assert.deepEqual(await heard, { who: 'ann' });
	});

	await t.test('members are those of both, and those of a dead node leave', async () => {
		const here = onB.join('room');
		const names = await within('who is here', new Promise((resolve) => here.here(resolve)));
		assert.deepEqual(names.map((m) => m.name), ['bob']);
		const comes = within('who comes', new Promise((resolve) => here.joining(resolve)));
		const there = onA.join('room');
		const all = await within('who is there', new Promise((resolve) => there.here(resolve)));
		assert.deepEqual(all.map((m) => m.name).sort(), ['ann', 'bob']);
		assert.equal((await comes).name, 'ann');
		const leaves = within('who leaves', new Promise((resolve) => here.leaving(resolve)), 30_000);
		process.kill(Number(process.env.A_PID), 'SIGKILL');
		assert.equal((await leaves).name, 'ann');
	});
});

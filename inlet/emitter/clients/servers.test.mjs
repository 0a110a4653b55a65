// The same program, once among real Socket.IO servers and then with Madang in place of the others, sees the same.
// NODE_A and NODE_B are two nodes of one cluster that speak to both adapters under the key that KEY names; ALONE is a server
// whose own code does to rooms what its clients tell it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Emitter } from '@socket.io/redis-emitter';
import oldEmitter from 'socket.io-emitter';
import { client, redis, server, until } from './lib.mjs';

const { NODE_A, NODE_B, ALONE, KEY } = process.env;

// observe does what a back end can do, on a logic server that has a client of its own, to clients at two other addresses.
// It returns what was seen, with names in place of ids.
async function observe(logic, targets, emit, way) {
	const seen = {};
	const { io } = logic;
	const all = [await client(logic.url, 'local'), await client(targets[0], 'one'), await client(targets[1], 'two'), await client(targets[1], 'admin', '/admin')];
	const [local, one, two, admin] = all;
	const nameOf = (id) => all.find((c) => c.id === id)?.name ?? id;
	const rooms = async () => Object.fromEntries((await io.fetchSockets()).map((s) => [nameOf(s.id), [...s.rooms].map(nameOf).sort()]).sort());
	const become = (want) => until(`rooms ${JSON.stringify(want)}`, async () => JSON.stringify(await rooms()) === JSON.stringify(want));

	await become({ local: ['local'], one: ['one'], two: ['two'] });
	io.in(local.id).socketsJoin('red');
	io.in(one.id).socketsJoin(['red', 'blue']);
	emit.in(two.id).socketsJoin('blue');
	await become({ local: ['local', 'red'], one: ['blue', 'one', 'red'], two: ['blue', 'two'] });
	seen.rooms = await rooms();

	const things = [1, -7, 1.5, 2 ** 40, 'é한\u2028"<', null, true, [], { b: [{ a: {} }], a: '' }];
	for (const [by, x] of [['server', io], ['emitter', emit]]) {
		x.emit(`${by} all`, ...things);
		x.to('red').emit(`${by} red`);
		x.to(['red', 'blue']).emit(`${by} once`, 'each');
		x.except('red').emit(`${by} not red`);
		x.to('blue').except(one.id).emit(`${by} blue`, 'but one');
		x.to(two.id).emit(`${by} two`);
		x.to('nobody').emit(`${by} nobody`);
		x.volatile.to('red').emit(`${by} volatile`);
		x.to('blue').emit(`${by} binary`, Buffer.from([0, 255]), { deep: [new Uint8Array([7]), Buffer.alloc(0)] }, 'end');
		x.emit(`${by} odd`, undefined, { gone: undefined, when: new Date(1_700_000_000_123) }, NaN);
		x.of?.('/admin').emit(`${by} admin`, { ok: true });
	}
	io.of('/admin').to(admin.id).emit('to admin');
	await admin.has('to admin');

	for (const [by, x] of [['server', io], ['emitter', emit]]) x.emit(`${by} end`);
	for (const c of [local, one, two]) for (const by of ['server', 'emitter']) await c.has(`${by} end`);
	const sort = (list) => list.sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
	const asked = io.timeout(20_000);
	seen.answers = sort(await asked.emitWithAck('ask', { n: 1 }));
	seen.answersRed = sort(await asked.to('red').except(local.id).emitWithAck('ask', 'x'));
	seen.answersNobody = await asked.to('nobody').emitWithAck('ask', 'x');
	seen.answersBinary = sort((await asked.to('blue').emitWithAck('ask binary')).map((b) => [Buffer.isBuffer(b) || b instanceof Uint8Array, Buffer.from(b).toString()]));
	seen.answersNothing = (await asked.to('blue').emitWithAck('ask nothing')).length;

	const remote = (await io.in('blue').fetchSockets()).find((s) => s.id === two.id);
	const types = (x) => Object.fromEntries(Object.entries(x).map(([k, v]) => [k, typeof v]).sort());
	seen.handshake = types(remote.handshake);
	seen.handshakeIsTrue = [remote.handshake.query.EIO, remote.handshake.query.transport, Math.abs(Date.parse(remote.handshake.time) - remote.handshake.issued) < 1000, remote.handshake.address.includes('127.0.0.1'), 'user-agent' in remote.handshake.headers || 'host' in remote.handshake.headers];
	seen.data = remote.data;
	seen.fetchNobody = await io.in('nobody').fetchSockets();
	remote.emit('to a remote socket', 1);
	await two.has('to a remote socket'); // the streams adapter sends questions by another way than events
	seen.remoteAnswer = await remote.timeout(20_000).emitWithAck('ask', 'one');
	if (way === 'pubsub') seen.allRooms = [...(await io.of('/').adapter.allRooms())].map(nameOf).sort();
	seen.serverSide = await io.serverSideEmitWithAck('anybody', { n: 1 });
	io.serverSideEmit('hello', 1);
	emit.serverSideEmit?.('hello', 2);

	io.in('red').except(local.id).socketsLeave('blue');
	await become({ local: ['local', 'red'], one: ['one', 'red'], two: ['blue', 'two'] });
	emit.in('blue').socketsJoin(['green', 'red']);
	await become({ local: ['local', 'red'], one: ['one', 'red'], two: ['blue', 'green', 'red', 'two'] });
	io.to('blue').emit('blue now');
	io.to('green').emit('green now');
	io.emit('end');
	for (const c of [local, one, two]) await c.has('end');
	io.in('green').disconnectSockets();
	emit.in(one.id).disconnectSockets(true);
	await until('they are disconnected', () => one.ended && two.ended);
	seen.ended = [local.ended, one.ended, two.ended];
	await become({ local: ['local', 'red'] });
	for (const c of all) {
		// Two connections to Redis have no order between them, and what is volatile may be lost.
		const [emitted, others] = [true, false].map((x) => c.heard.filter(([e]) => !e.endsWith('volatile') && e.startsWith('emitter') === x));
		seen[`heard by ${c.name} from the emitter`] = emitted;
		seen[`heard by ${c.name}`] = others;
		c.socket.disconnect();
	}
	await until('they are gone', async () => (await io.of('/admin').fetchSockets()).length === 0 && (await io.fetchSockets()).length === 0);
	return seen;
}

for (const way of ['pubsub', 'streams']) {
	test(`a server with the ${way} adapter`, async (t) => {
		// The real ones are as many as ours, under another key.
		const among = async (key, targets, counts) => {
			const logic = await server(way, key);
			const client = redis();
			const channel = way === 'pubsub' ? `${key}-request#/#` : `${key}#/#`;
			await until('all servers listen', async () => (await client.pubsub('NUMSUB', channel))[1] === counts);
			const emit = way === 'pubsub' ? new Emitter(client, { key }) : logic.io;
			try {
				return await observe(logic, targets, emit, way);
			} finally {
				await logic.close();
				client.disconnect();
			}
		};
		const real = await Promise.all([1, 2, 3].map(() => server(way, `real-${way}`)));
		for (const r of real) {
			t.after(r.close);
			r.io.on('anybody', (_, answer) => answer(null));
		}
		const want = await among(`real-${way}`, real.slice(1).map((r) => r.url), 4);
		const places = [['two nodes', [NODE_A, NODE_B]]];
		if (way === 'pubsub') places.push(['one node', [NODE_B, NODE_B]]);
		for (const [what, targets] of places) {
			await t.test(what, async () => {
				const got = await among(KEY, targets, 4);
				for (const [what, value] of Object.entries(want)) assert.deepEqual(got[what], value, `${what}: ${JSON.stringify(got[what])}, want ${JSON.stringify(value)}`);
			});
		}
	});
}

test('an emitter of an older version', async (t) => {
	const client_ = redis();
	t.after(() => client_.disconnect());
	const c = await client(NODE_A, 'c');
	t.after(() => c.socket.disconnect());
	const emit = oldEmitter(client_, { key: KEY });
	emit.emit('plain', { a: [1] });
	emit.to(c.id).emit('binary', Buffer.from('bin'));
	emit.to('a', 'b').emit('nobody');
	emit.emit('end');
	await c.has('end');
	assert.deepEqual(c.heard, [['plain', { a: [1] }], ['binary', Buffer.from('bin')], ['end']]);
});

test('what our server does to rooms reaches the sockets of the others, once', async (t) => {
	for (const way of ['pubsub', 'streams']) {
		const others = await Promise.all([server(way, KEY), server(way, KEY)]);
		others.forEach((o) => t.after(o.close));
		const counted = redis();
		t.after(() => counted.disconnect());
		await until('all servers listen', async () => (await counted.pubsub('NUMSUB', way === 'pubsub' ? `${KEY}-request#/#` : `${KEY}#/#`))[1] >= 5);
		const clients = [await client(others[0].url, 'x'), await client(others[1].url, 'y'), await client(NODE_A, 'node'), await client(ALONE, 'alone')];
		const [x, y, node, alone] = clients;
		clients.forEach((c) => t.after(() => c.socket.disconnect()));
		const does = (...args) => alone.socket.timeout(20_000).emitWithAck('do', ...args);
		await does('join', [x.id, node.id], [], ['red']);
		await until('they are in the room', async () => (await others[1].io.in('red').fetchSockets()).length === 2);
		await does('emit', [], [], 'all', { a: 1 });
		await does('emit', ['red'], [], 'red', Buffer.from([1]));
		await does('emit', [y.id, 'red'], [node.id], 'some', 'x');
		await does('leave', [node.id], [], ['red']);
		await until('one has left', async () => (await others[1].io.in('red').fetchSockets()).length === 1);
		await does('emit', [], [], 'end');
		for (const c of clients) await c.has('end');
		const all = ['all', { a: 1 }];
		const red = ['red', Buffer.from([1])];
		assert.deepEqual(x.heard, [all, red, ['some', 'x'], ['end']]);
		assert.deepEqual(y.heard, [all, ['some', 'x'], ['end']]);
		assert.deepEqual(node.heard, [all, red, ['end']]);
		assert.deepEqual(alone.heard, [all, ['end']]);
		await does('end', [x.id, y.id, node.id], []);
		await until('they are disconnected', () => x.ended && y.ended && node.ended);
		assert.deepEqual([x.ended, y.ended, node.ended, alone.ended], ['io server disconnect', 'io server disconnect', 'io server disconnect', null]);
		for (const c of clients) c.socket.disconnect();
		for (const o of others) await o.close();
	}
});

// Every pair of protocols: a hub of the one, and somebody who commands its lamp by the other; and the end of a right in all of them.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ask, native, pair, protocols } from './devices.mjs';

const { hubs: keys, users } = JSON.parse(process.env.DEVICES);
const serialOf = (protocol) => `SN-${Object.keys(protocols).indexOf(protocol)}`;
const hubs = {}, tokens = {};

const devices = [{ id: 'lamp', name: '거실 등', capabilities: ['switch'], reported: { on: false }, version: 1 }];

before(async () => {
	for (const [name, connect] of Object.entries(protocols)) {
		const serial = serialOf(name);
		const box = await connect(`private-hub.${serial}`, keys[serial], serial);
		await box.say('device.hello', { devices });
		hubs[name] = { box, serial, version: 1 };
		tokens[serial] = await pair(box, serial, users.kim);
	}
});

const answered = new Set();

// lights answers the next command of a hub, and reports what has come of it. One that comes again has been answered.
const lights = async (hub, on) => {
	const c = await hub.box.next('command', (c) => c.set.on === on && !answered.has(c.id));
	answered.add(c.id);
	assert.ok(c.expires_in_ms > 0 && c.expires_in_ms <= 10_000);
	await hub.box.say('device.answer', { command: c.id, done: true });
	await hub.box.say('device.report', { device: 'lamp', values: { on }, version: ++hub.version });
	return c.id;
};

const people = { ...protocols, 'Socket.IO': async (_channel, token) => native(token) };

for (const by of Object.keys(people)) {
	for (const to of Object.keys(protocols)) {
		test(`${by} commands a hub by ${to}`, async () => {
			const hub = hubs[to], key = `${by}${to}`, on = hub.version % 2 === 1;
			const person = await people[by](`private-home.${hub.serial}`, tokens[hub.serial], hub.serial);
			const lit = lights(hub, on);
			const said = person.say('device.command', { hub: hub.serial, device: 'lamp', set: { on }, key, no_wait: true });
			if (by !== 'Socket.IO') {
				const reply = await person.next('device.reply');
				assert.deepEqual([reply.event, reply.key, reply.command?.state], ['device.command', key, 'sent']);
			}
			await said;
			const id = await lit;
			await person.next('command.changed', (c) => c.id === id && c.state === 'done').catch((e) => {
				throw new Error(`${e.message} for ${id}; the hub has heard ${JSON.stringify(hub.box.heard)}, the person ${JSON.stringify(person.heard)}`);
			});
			await person.next('device.changed', (d) => d.id === 'lamp' && d.reported.on === on && d.version === hub.version);
		});
	}
}

test('what is wrong is told to who has said it, in the words of the protocol', async () => {
	const hub = hubs.pusher;
	for (const [name, connect] of Object.entries(protocols)) {
		const person = await connect(`private-home.${hub.serial}`, tokens[hub.serial], hub.serial);
		const said = Promise.resolve(person.say('device.command', { device: 'oven', set: { on: true }, key: 'k' }));
		if (name === 'ably') await assert.rejects(said, { code: 40400 });
		const { error, event } = await person.next('device.reply');
		assert.deepEqual([event, error.code], ['device.command', 'not_found']);
		if (name === 'pusher') assert.ok(person.heard.length === 0 || person.heard.some((h) => h.name === 'error'));
	}
});

test('nobody else is let in', async () => {
	const { serial } = hubs.pusher, other = hubs.ably.serial;
	await Promise.all(Object.entries(protocols).flatMap(([name, connect]) => [
			[`private-hub.${serial}`, tokens[serial]], [`private-home.${serial}`, users.mallory], [`private-hub.${serial}`, users.kim],
			[`private-home.${serial}`, tokens[other]], [`private-hub.${serial}`, keys[other]], [`private-home.${serial}`, 'nothing'],
	].map(([channel, token]) =>
		assert.rejects(connect(channel, token, name === 'ably' && token === keys[other] ? other : serial), `${name}: ${channel}`))));
});

test('who is removed hears nothing more, in any protocol', async () => {
	const hub = hubs['echo, Socket.IO'];
	const token = await pair(hub.box, hub.serial, users.lee);
	const lines = {};
	for (const [name, connect] of Object.entries(people)) {
		for (const [of, shown] of Object.entries({ token, account: users.lee })) {
			if (name === 'ably' && of === 'account') continue; // such tokens are for pairings and hubs
			lines[`${name} by ${of}`] = await connect(`private-home.${hub.serial}`, shown, hub.serial);
		}
	}
	const report = () => hub.box.say('device.report', { device: 'lamp', values: { on: true }, version: ++hub.version });
	await report();
	for (const line of Object.values(lines)) await line.next('device.changed', (d) => d.version === hub.version);
	const kim = await protocols.pusher(`private-home.${hub.serial}`, tokens[hub.serial], hub.serial);
	const places = await ask('GET', '/v1/places', users.kim);
	const place = places.body.places.find((p) => p.hubs?.some((h) => h.serial === hub.serial) || p.members.length === 2);
	const lee = place.members.find((m) => m.role === 'member').person;
	const removed = await ask('DELETE', `/v1/places/${place.id}/members/${lee}`, users.kim);
	assert.equal(removed.status, 204);
	const told = Object.entries(lines).filter(([name]) => !name.startsWith('echo, Socket.IO')); // whose library says nothing of it
	await Promise.all(told.map(([name, line]) =>
		name === 'Socket.IO by account' ? line.next('place.gone') : line.when(`the end of ${name}`, () => line.ended)));
	for (const line of Object.values(lines)) line.heard.length = 0;
	await report();
	await kim.next('device.changed', (d) => d.version === hub.version);
	for (const [name, line] of Object.entries(lines)) assert.deepEqual(line.heard.filter((h) => h.name !== 'error'), [], name);
});

// Hubs at home and their people, each by the library of a protocol: what they hear, and how they speak.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after } from 'node:test';
import Echo from 'laravel-echo';
import { io } from 'socket.io-client';

const Pusher = createRequire(import.meta.url)('pusher-js'); // its build for Node.js
const Ably = createRequire(new URL('../../../dialect/ably/clients/package.json', import.meta.url))('ably');

export const base = process.env.BASE_URL;
const { hostname, port } = new URL(base);
const toPusher = { cluster: '', wsHost: hostname, wsPort: Number(port), forceTLS: false, enabledTransports: ['ws'], disableStats: true };

const open = [];
after(() => open.forEach((close) => close()));

// within waits for a promise, but not for ever.
export const within = (what, promise, ms = 20_000) => {
	let timer;
	const end = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: nothing came`)), ms)));
	return Promise.race([promise, end]).finally(() => clearTimeout(timer));
};

// A line is somebody in a channel: what they have heard, and a way to say something there.
class Line {
	heard = [];
	waiting = [];
	ended = false; // it has lost its right to the channel

	hear(name, data) {
		if (name === 'device.reply' && data.event === 'device.none' && this.heard.some((h) => h.data?.event === 'device.none')) return;
		this.heard.push({ name, data });
		this.waiting = this.waiting.filter((look) => !look());
	}

	end() {
		this.ended = true;
		this.waiting = this.waiting.filter((look) => !look());
	}

	when(what, found) {
		return within(what, new Promise((done) => {
			const look = () => { const v = found(); if (v) done(v); return v; };
			if (!look()) this.waiting.push(look);
		}));
	}

	// next waits for an event of a name that fits, and forgets all before it.
	async next(name, fits = (data) => data?.event !== 'device.none') {
		const e = await this.when(name, () => this.heard.find((h) => h.name === name && fits(h.data)));
		this.heard.splice(0, this.heard.indexOf(e) + 1);
		return e.data;
	}
}

const names = ['command', 'code', 'pairing.shown', 'pairing.cleared', 'hub.changed', 'hub.gone', 'device.changed', 'command.changed', 'place.changed', 'place.gone', 'device.reply'];

const byEcho = (options) => async (channel, token) => {
	const line = new Line();
	const echo = new Echo({ ...options, auth: { headers: { Authorization: `Bearer ${token}` } }, bearerToken: null });
	open.push(() => echo.disconnect());
	const c = echo.private(channel.replace('private-', ''));
	for (const name of names) c.listen(`.${name}`, (data) => line.hear(name, data));
	line.say = (name, data) => c.whisper(name, data);
	let probe;
	await within(`the subscription of ${channel}`, new Promise((resolve, reject) => {
		c.error((why) => { line.end(); reject(new Error(`refused: ${JSON.stringify(why)}`)); });
		if (options.broadcaster === 'pusher') { c.subscribed(resolve); return; }
		// Over Socket.IO nothing tells of a subscription; who is in the channel is answered there.
		probe = setInterval(() => c.whisper('device.none', {}), 50);
		line.when('an answer', () => line.heard.some((h) => h.name === 'device.reply' && h.data.event === 'device.none')).then(resolve, reject);
	})).finally(() => clearInterval(probe));
	return line;
};

// The protocols: each takes a channel and a token, and returns a Line. say(name, data) publishes.
export const protocols = {
	async pusher(channel, token) {
		const line = new Line();
		const p = new Pusher(process.env.PUSHER_KEY, {
			...toPusher,
			channelAuthorization: { endpoint: `${base}/broadcasting/auth`, transport: 'ajax', headers: { Authorization: `Bearer ${token}` } },
		});
		open.push(() => p.disconnect());
		p.connection.bind('error', (e) => line.hear('error', e.error?.data ?? e.data ?? e));
		const c = p.subscribe(channel);
		for (const name of names) c.bind(name, (data) => line.hear(name, data));
		await within(`the subscription of ${channel}`, new Promise((resolve, reject) => {
			c.bind('pusher:subscription_succeeded', resolve);
			c.bind('pusher:subscription_error', (why) => { line.end(); reject(new Error(`refused: ${JSON.stringify(why)}`)); });
		}));
		line.say = (name, data) => c.trigger(`client-${name}`, data);
		return line;
	},
	'echo, Socket.IO': byEcho({ broadcaster: 'socket.io', host: base, client: io, transports: ['websocket'], forceNew: true }),
	'echo, Pusher': byEcho({ broadcaster: 'pusher', Pusher, key: process.env.PUSHER_KEY, ...toPusher, authEndpoint: `${base}/broadcasting/auth` }),
	async ably(channel, token, serial) {
		const line = new Line();
		const c = new Ably.Realtime({
			endpoint: hostname, port: Number(port), tls: false, useBinaryProtocol: true, logLevel: 0,
			authUrl: `${base}/v1/hubs/${serial}/ably-token`, authMethod: 'POST', authHeaders: { Authorization: `Bearer ${token}` },
		});
		open.push(() => c.close());
		const at = c.channels.get(channel);
		at.on('failed', () => line.end());
		c.connection.on('failed', () => line.end());
		const refused = new Promise((_, reject) => c.connection.on(['disconnected', 'failed'], (change) => reject(change.reason)));
		await within(`the subscription of ${channel}`, Promise.race([refused, at.subscribe((m) => line.hear(m.name, m.data))]));
		line.say = (name, data) => at.publish(name, data);
		line.client = c;
		return line;
	},
};

// native is a client of the namespace /home.
export const native = async (token) => {
	const line = new Line();
	const s = io(`${base}/home`, { auth: { token }, transports: ['websocket'], forceNew: true });
	open.push(() => s.close());
	s.onAny((name, data) => line.hear(name, data));
	s.on('disconnect', () => line.end());
	await within('the connection', new Promise((resolve, reject) => { s.on('connect', resolve); s.on('connect_error', reject); }));
	line.say = async (name, data) => {
		const answer = await within(name, s.emitWithAck(name, data));
		if (answer?.error) throw new Error(JSON.stringify(answer.error));
		return answer;
	};
	return line;
};

// ask asks by HTTP, as somebody with a token.
export const ask = async (method, path, token, headers = {}, body) => {
	const a = await fetch(base + path, { method, headers: { Authorization: `Bearer ${token}`, ...(body && { 'Content-Type': 'application/json' }), ...headers }, body: body && JSON.stringify(body) });
	const text = await a.text();
	return { status: a.status, body: text.startsWith('{') ? JSON.parse(text) : text };
};

// pair asks for a code of a hub, reads it there and shows it; it returns the token of the pairing.
export const pair = async (box, serial, token) => {
	await box.say('device.press', {}); // whoever stands before the box need not wait
	let a = await within('a code', (async () => {
		for (;;) {
			const a = await ask('GET', `/code?serial=${serial}`, token);
			if (a.status === 200) return a; // else the button may not have been heard of yet
		}
	})());
	const code = await box.next('code');
	a = await ask('POST', `/codecheck?serial=${serial}`, token, { code });
	assert.equal(a.status, 201, JSON.stringify(a.body));
	await box.next('pairing.cleared');
	return a.body.token;
};

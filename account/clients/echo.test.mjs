// Laravel Echo of somebody who is signed in, by the session's cookie or a token, in a private channel of their own. The page
// asks /broadcasting/auth with axios, as Sanctum's documentation has it, or lets Echo ask with a bearer token.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import Echo from 'laravel-echo';
import { io } from 'socket.io-client';
import { base, open, password, somebody, tell } from './world.mjs';

const Pusher = createRequire(import.meta.url)('pusher-js'); // its build for Node.js
open();
const { default: axios } = await import('axios');

const { hostname, port } = new URL(base);
const pusher = { broadcaster: 'pusher', Pusher, key: 'key', cluster: '', wsHost: hostname, wsPort: Number(port), forceTLS: false, enabledTransports: ['ws'], disableStats: true };

// within waits for a promise, but not for ever.
const within = (what, promise) => {
	let timer;
	const end = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: nothing came`)), 10_000)));
	return Promise.race([promise, end]).finally(() => clearTimeout(timer));
};

const subscribed = (channel) => within('the subscription', new Promise((resolve, reject) => channel.subscribed(resolve).error(reject)));
const refused = (channel) => within('the refusal', new Promise((resolve, reject) => channel.error(resolve).subscribed(() => reject(new Error('it was let in')))));
const heard = (channel) => within('the message', new Promise((resolve) => channel.listen('.Greeting', resolve)));

// member is somebody who has signed in on a page.
const member = async () => {
	const browser = open({ tells: true }); // a cookie connects nobody unless the page is known
	const api = axios.create({ baseURL: base, withCredentials: true, withXSRFToken: true });
	await api.get('/sanctum/csrf-cookie');
	await api.post('/register', { name: 'Kim', email: somebody('echo'), password, password_confirmation: password, terms: true });
	return { api, browser, id: (await api.get('/api/user')).data.id };
};

// user is somebody with a token.
const user = async () => {
	open();
	const { data } = await axios.post(`${base}/api/auth/register`, { name: 'Lee', email: somebody('echo'), password, password_confirmation: password, terms: true });
	const headers = { Authorization: `Bearer ${data.access_token}` };
	return { token: data.access_token, headers, id: (await axios.get(`${base}/api/auth/user`, { headers })).data.id };
};

test('Pusher: a session, by axios', async () => {
	const { api, id } = await member();
	const authorizer = (channel) => ({
		authorize: (socket_id, done) =>
			api.post('/broadcasting/auth', { socket_id, channel_name: channel.name }).then(
				(answer) => done(null, answer.data),
				(error) => done(error, null),
			),
	});
	const echo = new Echo({ ...pusher, authorizer });
	const own = echo.private(`App.Models.User.${id}`);
	await subscribed(own);
	const greeting = heard(own);
	await tell(id);
	assert.deepEqual(await greeting, { text: 'hello' });
	await refused(echo.private(`App.Models.User.${id + 1}`));

	// Who signs out is out of the channel too.
	const gone = within('the end', new Promise((resolve) => {
		echo.connector.pusher.connection.bind('state_change', (now) => now.current !== 'connected' && resolve());
		echo.connector.pusher.bind_global((event) => event === 'pusher:subscription_error' && resolve());
	}));
	await api.post('/logout');
	await gone;
	echo.disconnect();
});

test('Pusher: a token', async () => {
	const { token, id } = await user();
	const echo = new Echo({ ...pusher, authEndpoint: `${base}/broadcasting/auth`, bearerToken: token });
	const own = echo.private(`App.Models.User.${id}`);
	await subscribed(own);
	const greeting = heard(own);
	await tell(id);
	assert.deepEqual(await greeting, { text: 'hello' });
	await refused(echo.private(`App.Models.User.${id + 1}`));
	echo.disconnect();
});

test('Pusher: nobody', async () => {
	open();
	const echo = new Echo({ ...pusher, authEndpoint: `${base}/broadcasting/auth` });
	await refused(echo.private('App.Models.User.1'));
	echo.disconnect();
});

// sockets is Echo over Socket.IO, as somebody whose handshake says who they are.
const sockets = (handshake) => new Echo({ broadcaster: 'socket.io', client: io, host: base, transports: ['websocket'], forceNew: true, ...handshake });
const connected = (echo) => within('the connection', new Promise((resolve, reject) => echo.connector.socket.on('connect', resolve).on('connect_error', reject)));

test('Socket.IO: a session', async () => {
	const { api, browser, id } = await member();
	// A browser sends these by itself.
	const extraHeaders = { Cookie: browser.jar.getCookieStringSync(base), Origin: base };
	const echo = sockets({ extraHeaders });
	await connected(echo);
	const own = echo.private(`App.Models.User.${id}`);
	const greeting = heard(own);
	for (let n = 0; n < 200; n++) {
		await tell(id); // Echo does not say when a subscription has begun
		if (await Promise.race([greeting.then(() => true), new Promise((resolve) => setTimeout(resolve, 50))])) break;
	}
	assert.deepEqual(await greeting, { text: 'hello' });
	const gone = within('the end', new Promise((resolve) => echo.connector.socket.on('disconnect', resolve)));
	await api.post('/logout');
	await gone;
	echo.disconnect();

	const evil = sockets({ extraHeaders: { ...extraHeaders, Origin: 'http://evil.example' } });
	await assert.rejects(connected(evil));
	evil.disconnect();
});

test('Socket.IO: a token', async () => {
	const { token, id } = await user();
	const echo = sockets({ auth: { token, headers: {} } });
	await connected(echo);
	const own = echo.private(`App.Models.User.${id}`);
	const greeting = heard(own);
	for (let n = 0; n < 200; n++) {
		await tell(id);
		if (await Promise.race([greeting.then(() => true), new Promise((resolve) => setTimeout(resolve, 50))])) break;
	}
	assert.deepEqual(await greeting, { text: 'hello' });
	echo.disconnect();
});

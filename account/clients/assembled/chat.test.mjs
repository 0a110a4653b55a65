// The whole server: people sign in with axios as members, or with a token as users, and hear each other in a chat room with
// Laravel Echo, over Pusher's protocol and over Socket.IO. Who signs out hears nothing any more.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import Echo from 'laravel-echo';
import { io } from 'socket.io-client';
import { base, open, password, somebody } from '../world.mjs';

const Pusher = createRequire(import.meta.url)('pusher-js'); // its build for Node.js
open();
const { default: axios } = await import('axios');
const { hostname, port } = new URL(base);

const within = (what, promise) => {
	let timer;
	const end = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: nothing came`)), 15_000)));
	return Promise.race([promise, end]).finally(() => clearTimeout(timer));
};

// overPusher is Echo with a way to have subscriptions signed.
const overPusher = (more) =>
	new Echo({ broadcaster: 'pusher', Pusher, key: process.env.PUSHER_KEY, cluster: '', wsHost: hostname, wsPort: Number(port), forceTLS: false, enabledTransports: ['ws'], disableStats: true, ...more });

// room listens in the lobby and returns what is heard there.
const room = (echo) => {
	const heard = [];
	const waiting = new Set();
	const channel = echo.private('chat.lobby').listen('ChatMessageSent', (event) => {
		heard.push(event.message.text);
		waiting.forEach((look) => look());
	});
	const hears = (text) =>
		within(text, new Promise((resolve) => {
			const look = () => heard.includes(text) && resolve();
			waiting.add(look);
			look();
		}));
	return { channel, hears, heard };
};

test('a member and a user talk', async () => {
	// A member on a page: session, XSRF token, /broadcasting/auth by axios.
	const browser = open();
	const api = axios.create({ baseURL: base, withCredentials: true, withXSRFToken: true });
	await api.get('/sanctum/csrf-cookie');
	const member = { name: '김하늘', email: somebody('member'), password, password_confirmation: password, terms: true };
	await api.post('/register', member);
	assert.equal((await api.get('/api/user')).data.name, '김하늘');
	const authorizer = (channel) => ({
		authorize: (socket_id, done) =>
			api.post('/broadcasting/auth', { socket_id, channel_name: channel.name }).then(
				(answer) => done(null, answer.data),
				(error) => done(error, null),
			),
	});
	const page = overPusher({ authorizer });
	const onPage = room(page);
	await within('the subscription', new Promise((resolve, reject) => onPage.channel.subscribed(resolve).error(reject)));

	// The same page over Socket.IO: the cookie comes with the handshake.
	const socket = new Echo({ broadcaster: 'socket.io', client: io, host: base, transports: ['websocket'], forceNew: true, extraHeaders: { Cookie: browser.jar.getCookieStringSync(base), Origin: base } });
	const onSocket = room(socket);

	// A user with a token, in an app.
	open();
	const user = { name: '이바다', email: somebody('user'), password, password_confirmation: password, terms: true };
	const { access_token: token } = (await axios.post(`${base}/api/auth/register`, user)).data;
	const app = overPusher({ authEndpoint: `${base}/broadcasting/auth`, bearerToken: token });
	const inApp = room(app);
	await within('the subscription', new Promise((resolve, reject) => inApp.channel.subscribed(resolve).error(reject)));
	const bySocket = new Echo({ broadcaster: 'socket.io', client: io, host: base, transports: ['websocket'], forceNew: true, auth: { headers: { Authorization: `Bearer ${token}` } } });
	const inSocket = room(bySocket);

	// Echo over Socket.IO does not say when a subscription has begun: the user speaks until it is heard.
	const headers = { Authorization: `Bearer ${token}` };
	await axios.post(`${base}/v1/rooms/lobby/join`, null, { headers });
	const spoken = async (text, by) => {
		for (let n = 0; n < 100 && !(onSocket.heard.includes(text) && inSocket.heard.includes(text)); n++) {
			await by(text);
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
		await Promise.all([onPage, onSocket, inApp, inSocket].map((r) => r.hears(text)));
	};
	await spoken('안녕하세요', (message) => axios.post(`${base}/rooms/lobby/message`, { message }, { headers }));
	browser.enter();
	await api.post('/v1/rooms/lobby/join');
	await spoken('네, 안녕하세요', (message) => api.post('/rooms/lobby/message', { message }));

	// The page is told, with the session's end; over Socket.IO nothing is heard any more.
	const told = within('the end', new Promise((resolve) => {
		page.connector.pusher.connection.bind('state_change', (now) => now.current !== 'connected' && resolve());
		page.connector.pusher.bind_global((event) => event === 'pusher:subscription_error' && resolve());
	}));
	assert.equal((await api.post('/logout')).status, 204);
	await told;
	let text;
	do {
		text = `alone ${inApp.heard.length}`;
		await axios.post(`${base}/rooms/lobby/message`, { message: text }, { headers });
		await Promise.all([inApp.hears(text), inSocket.hears(text)]);
		await new Promise((resolve) => setTimeout(resolve, 300)); // it may be on its way to the other connection
	} while (onSocket.heard.includes(text));
	for (const echo of [page, socket, app, bySocket]) echo.disconnect();
});

// Pusher's protocol, by pusher-js alone and by Laravel Echo, in presence channels. A message goes by the REST interface, as a
// back end sends it (the answer is the acknowledgement), or as a client event (nobody answers). Nothing is sent twice. The
// protocol has no recovery: a new subscription begins anew.
import { createHash, createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import Echo from 'laravel-echo';
import { Gate } from './wait.mjs';

const Pusher = createRequire(import.meta.url)('pusher-js'); // its build for Node.js
const answerTime = 10_000;

export class PusherClient {
	up = new Gate();
	sent = 0;

	constructor(me, { url, log, app, key, secret }) {
		Object.assign(this, { me, url, app, key, secret });
		this.log = (kind, id, rest) => log.write(kind, me.name, id, rest);
		this.channelName = `presence-${me.room}`;
		const { hostname, port } = new URL(url);
		const options = {
			cluster: '', wsHost: hostname, wsPort: Number(port), forceTLS: false, enabledTransports: ['ws'], disableStats: true,
			channelAuthorization: { customHandler: (params, done) => done(null, this.authorize(params)) },
		};
		if (me.kind === 'echo') {
			this.echo = new Echo({ broadcaster: 'pusher', Pusher, key, ...options });
			this.pusher = this.echo.connector.pusher;
			this.channel = this.echo.join(me.room).subscription;
		} else {
			this.pusher = new Pusher(key, options);
			this.channel = this.pusher.subscribe(this.channelName);
		}
		this.listen();
	}

	listen() {
		this.pusher.connection.bind('state_change', ({ previous, current }) => {
			if (previous === 'connected') this.disconnected(current);
		});
		this.pusher.connection.bind('error', (e) => this.log('E', '', `error: ${e?.error?.data?.code ?? e?.data?.code ?? e?.error?.type ?? e?.type ?? 'unknown'}`));
		this.channel.bind('pusher:subscription_error', (e) => this.log('E', '', `subscription: ${e?.error ?? e?.type ?? 'unknown'} ${e?.status ?? ''}`));
		this.channel.bind('pusher:subscription_succeeded', () => {
			this.log('G', '', 'subscribed');
			this.log('U');
			this.up.open();
		});
		for (const name of ['n', 'client-n']) this.channel.bind(name, (data) => this.log('H', data.id));
	}

	disconnected(why) {
		if (!this.up.isOpen) return;
		this.up.close();
		this.log('D', '', why);
	}

	// authorize signs as the back end does that the user is asked at.
	authorize({ socketId, channelName }) {
		const member = JSON.stringify({ user_id: this.me.name, user_info: { name: this.me.name } });
		return { auth: `${this.key}:${sign(this.secret, `${socketId}:${channelName}:${member}`)}`, channel_data: member };
	}

	async send(id, patience) {
		await this.up.pass(patience);
		if (!this.up.isOpen) return;
		if (this.sent++ % 3 === 2) { // a client event; it needs no answer
			this.log('S', id, 'event');
			if (!this.channel.trigger('client-n', { id })) this.log('R', id, 'not connected');
			return;
		}
		this.log('S', id);
		try {
			const answer = await this.publish(id);
			if (answer.status === 200) return this.log('A', id);
			this.log('R', id, `status ${answer.status}`);
		} catch (err) {
			this.log('R', id, err.cause?.code ?? err.name);
		}
	}

	async publish(id) {
		const body = JSON.stringify({ name: 'n', channels: [this.channelName], data: JSON.stringify({ id }) });
		const query = new URLSearchParams({
			auth_key: this.key, auth_timestamp: String(Math.floor(Date.now() / 1000)), auth_version: '1.0',
			body_md5: createHash('md5').update(body).digest('hex'),
		});
		const path = `/apps/${this.app}/events`;
		query.set('auth_signature', sign(this.secret, `POST\n${path}\n${query}`));
		const answer = await fetch(`${this.url}${path}?${query}`, {
			method: 'POST', body, headers: { 'Content-Type': 'application/json' }, signal: AbortSignal.timeout(answerTime),
		});
		await answer.arrayBuffer();
		return answer;
	}

	async audit() {
		await this.up.pass(30_000);
	}

	async present() {
		const all = [];
		this.channel.members.each((m) => all.push(m.id));
		return all;
	}

	close() {
		(this.echo ?? this.pusher).disconnect();
	}
}

const sign = (secret, text) => createHmac('sha256', secret).update(text).digest('hex');

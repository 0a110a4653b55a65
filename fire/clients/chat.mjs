// Chat over Socket.IO: messages are stored before they are acknowledged. A message whose acknowledgement does not come is sent
// again with the same nonce, and after each connect the history is asked for what came meanwhile: that is what the chat's
// documentation tells its clients to do.
import { createRequire } from 'node:module';
import { io as io4 } from 'socket.io-client-4';
import { Gate, sleep, within } from './wait.mjs';

const io2 = createRequire(import.meta.url)('socket.io-client-2');
const answerTime = 10_000;

export class Chat {
	up = new Gate();
	last = 0; // everything up to this number is there
	ended = false;
	calls = new Set(); // what to tell open calls when the connection ends

	constructor(me, { url, log }) {
		this.me = me;
		this.log = (kind, id, rest) => log.write(kind, me.name, id, rest);
		const transports = { 'io4-poll': ['polling'], 'io2-poll': ['polling'], 'io4-ws': ['websocket'], 'io2-ws': ['websocket'] }[me.kind];
		const options = { forceNew: true, ...(transports && { transports }) }; // else the library's own
		const old = me.kind.startsWith('io2');
		this.socket = old ? io2(`${url}/chat`, { ...options, query: { token: me.token } }) : io4(`${url}/chat`, { ...options, auth: { token: me.token } });
		this.socket.on('connect', () => this.connected());
		this.socket.on('disconnect', (why) => this.disconnected(why));
		this.socket.on('connect_error', (err) => this.log('E', '', `connect: ${err.message ?? err}`));
		this.socket.on('error', (err) => this.log('E', '', `error: ${err.message ?? err}`)); // 2.x
		this.socket.on('message.created', (m) => {
			if (m.room !== me.room) return;
			this.log('H', m.text, m.seq);
			if (m.seq === this.last + 1) this.last = m.seq;
			else if (m.seq > this.last) this.catchUp();
		});
	}

	connected() {
		this.log('U', '', this.socket.recovered ? 'recovered' : '');
		this.up.open();
		this.catchUp();
	}

	disconnected(why) {
		this.up.close();
		this.log('D', '', why);
		for (const fail of this.calls) fail(new Error(`disconnected: ${why}`));
	}

	// call asks the server something; it fails when the connection ends.
	async call(name, arg) {
		let fail;
		const gone = new Promise((_, reject) => this.calls.add((fail = reject)));
		try {
			const reply = await within(answerTime, Promise.race([gone, new Promise((done) => this.socket.emit(name, arg, done))]));
			if (reply?.error) throw new Error(reply.error.code);
			return reply;
		} finally {
			this.calls.delete(fail);
		}
	}

	// catchUp asks for what is missing. What is heard meanwhile may be in the history, too.
	async catchUp() {
		if (this.catching) return this.catching;
		this.catching = (async () => {
			while (!this.ended && this.up.isOpen) {
				try {
					const page = await this.call('history', { room: this.me.room, after: this.last, limit: 200 });
					for (const m of page.messages) {
						if (m.seq <= this.last) continue;
						this.log('Y', m.text, m.seq);
						this.last = m.seq;
					}
					if (!page.has_newer) return;
				} catch (err) {
					this.log('E', '', `history: ${err.message}`);
					await sleep(300);
				}
			}
		})().finally(() => (this.catching = null));
		return this.catching;
	}

	async send(id, patience) {
		const end = Date.now() + patience;
		this.log('S', id);
		while (Date.now() < end) {
			await this.up.pass(end - Date.now());
			if (!this.up.isOpen) break;
			try {
				const sent = await this.call('sendMessage', { room: this.me.room, message: id, nonce: id });
				return this.log('A', id, sent.seq);
			} catch (err) {
				this.log('R', id, err.message);
				await sleep(200);
			}
		}
	}

	async audit() {
		await this.up.pass(30_000);
		await this.catchUp();
	}

	async present() {
		return (await this.call('online', { room: this.me.room })).users;
	}

	close() {
		this.ended = true;
		this.socket.close();
	}
}

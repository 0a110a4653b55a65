// Ably's protocol, by both generations of its library. Each message has an id of its own, by which a repetition is known. After
// a disconnection the library resumes by itself; where continuity is lost it says so ("resumed" is false).
import Ably2 from 'ably';
import Ably1 from 'ably1';
import { Gate, within } from './wait.mjs';

export class AblyClient {
	up = new Gate();
	attached = false;

	constructor(me, { url, log, app, key, secret }) {
		this.me = me;
		this.log = (kind, id, rest) => log.write(kind, me.name, id, rest);
		const { hostname, port } = new URL(url);
		const options = {
			key: `${app}.${key}:${secret}`, clientId: me.name, port: Number(port), tls: false, useBinaryProtocol: me.binary,
			...(me.kind.endsWith('-poll') && { transports: ['comet'] }),
		};
		this.ably = me.kind.startsWith('ably1')
			? new Ably1.Realtime.Promise({ ...options, restHost: hostname, realtimeHost: hostname, log: { level: 0 } })
			: new Ably2.Realtime({ ...options, endpoint: hostname, logLevel: 0 });
		this.channel = this.ably.channels.get(me.room);
		this.ably.connection.on((change) => this.connection(change));
		this.channel.on((change) => this.change(change));
		this.begin();
	}

	async begin() {
		try {
			await this.channel.subscribe((m) => this.log('H', m.data, m.id));
			await this.channel.presence.enter();
		} catch (err) {
			this.log('E', '', `begin: ${err.code} ${err.message}`);
			setTimeout(() => this.begin(), 1000);
		}
	}

	connection({ current, previous, reason }) {
		if (previous === 'connected' && current !== 'connected') {
			this.up.close();
			if (current !== 'closing') this.log('D', '', `${current} ${reason?.code ?? ''}`);
		}
		if (current === 'failed') this.log('E', '', `failed: ${reason?.code} ${reason?.message}`);
		if (current === 'suspended') this.log('E', '', `suspended: ${reason?.code}`);
	}

	change({ current, resumed, reason }) {
		if (current === 'attached') {
			if (reason?.code === 91004) this.log('E', '', `presence: ${reason.code} ${reason.cause?.code ?? ''}`);
			else if (!resumed) this.log('G', '', `not resumed ${reason?.code ?? ''}`);
			if (!this.up.isOpen) this.log('U', '', resumed ? 'recovered' : '');
			this.up.open();
		} else if (current === 'failed' || current === 'suspended') {
			this.log('E', '', `channel ${current}: ${reason?.code} ${reason?.message}`);
		}
	}

	async send(id, patience) {
		this.log('S', id);
		try {
			await within(patience, this.channel.publish({ id, name: 'n', data: id }));
			this.log('A', id);
		} catch (err) {
			this.log('R', id, err.code ?? err.message);
		}
	}

	async audit() {
		await this.up.pass(30_000);
	}

	async present() {
		return (await within(5000, this.channel.presence.get({ waitForSync: true }))).map((m) => m.clientId);
	}

	close() {
		this.ably.close();
	}
}

// What clients write down: one line for each thing that happens, in a file that the fire test reads in the end. Fields are
// parted by tabs: the time in ms, what happened, the client, the message or the rest.
//
//	S id        begins to send a message
//	A id seq    it was acknowledged; seq: its number, where the protocol has one
//	R id why    it was refused, or nothing was answered
//	H id seq    heard it
//	Y id seq    found it in the history, after having been away
//	U how       can speak and hear (again): "recovered" if the protocol says that nothing was missed
//	D why       can no more
//	G why       told that something may have been missed: by a new subscription, or by the protocol's word for it
//	E why       the library reported an error
//	P names     who is there, in the end
import { openSync, writeSync } from 'node:fs';

export class Log {
	lines = [];
	counts = {};
	heard = new Map(); // when each client has heard something last

	constructor(file) {
		this.file = openSync(file, 'w');
		this.timer = setInterval(() => this.flush(), 200);
	}

	write(kind, client, id = '', rest = '') {
		if (this.closed) return;
		this.counts[kind] = (this.counts[kind] ?? 0) + 1;
		if (kind === 'H') this.heard.set(client, Date.now());
		this.lines.push(`${Date.now()}\t${kind}\t${client}\t${clean(id)}\t${clean(rest)}\n`);
	}

	flush() {
		if (this.lines.length === 0) return;
		writeSync(this.file, this.lines.join(''));
		this.lines = [];
	}

	close() {
		this.closed = true;
		clearInterval(this.timer);
		this.flush();
	}
}

const clean = (text) => String(text).replace(/[\t\n]+/g, ' ');

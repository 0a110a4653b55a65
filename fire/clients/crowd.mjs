// A crowd of clients in one process. Its one argument is a file with the plan:
//
//	{url, app, key, secret, log (a file), ramp (ms, over which they come),
//	 clients: [{name, kind, room, token, every (ms between its messages), binary, members (of its room)}]}
//
// On its standard input it is told "send", "churn" (some come and go), "settle" (no more of that), "stop", "audit" and "end",
// one on a line; on its standard output it answers
// "came", "stopped" and "audited", and says twice a second what has been counted, as JSON.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { AblyClient } from './ably.mjs';
import { Chat } from './chat.mjs';
import { Log } from './log.mjs';
import { PusherClient } from './pusher.mjs';
import { sleep } from './wait.mjs';

const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const log = new Log(plan.log);
const make = (me) => new (me.kind.startsWith('io') ? Chat : me.kind.startsWith('ably') ? AblyClient : PusherClient)(me, { ...plan, log });
const say = (text) => process.stdout.write(`${text}\n`);
const patience = 30_000; // with a message, and with who is there
const clients = [];
let sending = false;

process.on('uncaughtException', (err) => log.write('E', 'crowd', '', `uncaught: ${err.stack}`));
process.on('unhandledRejection', (err) => log.write('E', 'crowd', '', `unhandled: ${err?.stack ?? err}`));

// speak sends a client's messages, one after another, for as long as it is told to.
async function speak(_, at) {
	const { name, every } = clients[at].me;
	await sleep(Math.random() * every);
	while (sending) {
		const next = Date.now() + every * (0.75 + Math.random() / 2);
		const client = clients[at]; // another one when it has left and come again
		if (!client.leaving) {
			client.busy = true;
			client.said = (client.said ?? 0) + 1;
			await client.send(`${name}:${client.said}`, patience);
			client.busy = false;
		}
		await sleep(Math.max(100, next - Date.now()));
	}
}

// look writes down who is there, when that is everybody, or when patience is over.
async function look(client) {
	const want = [...client.me.members].sort().join(' ');
	const end = Date.now() + patience;
	for (let names = ''; ; await sleep(300)) {
		try {
			names = (await client.present()).sort().join(' ');
		} catch (err) {
			names = `? ${err.message}`;
		}
		if (names === want || Date.now() > end) return log.write('P', client.me.name, names);
	}
}

// renew lets one client go, as somebody who closes the window, and come again as a new one.
async function renew() {
	const at = Math.floor(Math.random() * clients.length);
	const old = clients[at];
	if (old.busy || old.leaving) return;
	old.leaving = true;
	log.write('D', old.me.name, '', 'left by itself');
	old.log = () => {};
	old.close();
	await sleep(Math.random() * 2000);
	const next = make(old.me);
	next.said = old.said;
	next.last = old.last; // of the chat: what it has already
	clients[at] = next;
}

let speaking = [];
let churning;
const orders = {
	send() {
		sending = true;
		speaking = clients.map(speak);
	},
	churn() {
		churning = setInterval(renew, 500);
	},
	settle() {
		clearInterval(churning);
	},
	async stop() {
		sending = false;
		await Promise.all(speaking);
		log.flush();
		say('stopped');
	},
	async audit() {
		await Promise.all(clients.map((c) => c.audit().then(() => look(c))));
		log.flush();
		say('audited');
	},
	end() {
		log.close(); // what follows is no part of it
		for (const c of clients) c.close();
		setTimeout(() => process.exit(0), 300);
	},
};

createInterface({ input: process.stdin }).on('line', (order) => orders[order]()).on('close', () => process.exit(0));
const status = () => ({
	...log.counts,
	up: clients.filter((c) => c.up.isOpen).length,
	since: Math.min(...clients.map((c) => log.heard.get(c.me.name) ?? 0)), // everybody has heard something
});
setInterval(() => say(JSON.stringify(status())), 500).unref();

for (const me of plan.clients) {
	clients.push(make(me));
	await sleep(plan.ramp / plan.clients.length);
}
await Promise.all(clients.map((c) => c.up.pass(60_000)));
log.flush();
say('came');

// The server that is tested, and what only its test can do: read mails, and let time pass.
import { createHmac } from 'node:crypto';
import { Browser } from './browser.mjs';

export const base = process.env.BASE_URL;
const control = process.env.CONTROL_URL;

let people = 0;

// somebody returns the address of a person that nobody has used before.
export const somebody = (name = 'kim') => `${name}${++people}.${process.pid}@example.com`;

export const password = 'correct horse battery';

// open returns a browser with a page of the server in it.
export const open = (options) => new Browser(base, { tells: process.env.BROWSER !== 'silent', ...options }).enter();

const reach = globalThis.fetch; // Node's, and no browser's

const ask = async (path) => {
	const answer = await reach(control + path);
	const text = await answer.text();
	if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
	return text;
};

// mail returns the last mail to somebody: its subject, and its link.
export const mail = async (to) => JSON.parse(await ask(`/mail?to=${encodeURIComponent(to)}`));

// later lets time pass for the server.
export const later = (seconds) => ask(`/later?seconds=${seconds}`);

// tell says {text: "hello"} to a person alone.
export const tell = (user) => ask(`/tell?user=${user}`);

// code is what an authenticator app shows at the server's time.
export const code = async (secret) => {
	const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
	const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Number(await ask('/now')) / 30)));
	const hash = createHmac('sha1', key).update(counter).digest();
	const at = hash[19] & 15;
	return String((hash.readUInt32BE(at) & 0x7fffffff) % 1e6).padStart(6, '0');
};

// What libraries find in a browser: cookies that scripts see only if they may, fetch and XMLHttpRequest that send and keep them,
// and storage. Pages are served by the server itself, or by another origin. A browser says where requests come from; what runs
// an app's pages on a phone may not, and then the token against forged requests is asked for.
import { CookieJar } from 'tough-cookie';

const reach = globalThis.fetch; // Node's

export class Browser {
	constructor(base, { origin = base, tells = true } = {}) {
		this.base = base;
		this.origin = origin;
		this.tells = tells;
		this.jar = new CookieJar(undefined, { rejectPublicSuffixes: false });
		this.kept = new Map();
		this.seen = []; // what was asked for, and what came
	}

	// enter makes this browser the one that scripts run in.
	enter() {
		const browser = this;
		const document = {
			get cookie() {
				return browser.jar.getCookieStringSync(browser.base, { http: false });
			},
			set cookie(line) {
				browser.jar.setCookieSync(line, browser.base, { http: false, ignoreError: true });
			},
			createElement: () => ({ setAttribute(_, to) { Object.assign(this, parts(to)); }, ...parts(location.href) }), // a link, to read addresses by
		};
		const localStorage = {
			getItem: (key) => browser.kept.get(key) ?? null,
			setItem: (key, value) => void browser.kept.set(key, String(value)),
			removeItem: (key) => void browser.kept.delete(key),
		};
		const location = { href: `${this.origin}/`, origin: this.origin, protocol: 'http:', host: new URL(this.origin).host };
		const put = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
		put('document', document);
		put('localStorage', localStorage);
		put('location', location);
		put('navigator', { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', cookieEnabled: true, product: 'Gecko' });
		put('window', globalThis);
		put('fetch', (request, options) => browser.fetch(request, options));
		put('XMLHttpRequest', class extends Asked {
			constructor() {
				super(browser);
			}
		});
		process.client = true; // how NuxtJS tells where it runs
		return this;
	}

	cookie(name) {
		return this.jar.getCookiesSync(this.base).find((c) => c.key === name);
	}

	// fetch is the browser's. Redirects are followed one by one, because each answer may set cookies.
	async fetch(input, options = {}) {
		const asked = new Request(input instanceof Request ? input : new URL(String(input), this.base), { ...options, redirect: 'manual' });
		const mode = options.redirect ?? (input instanceof Request ? input.redirect : 'follow');
		const body = asked.body ? Buffer.from(await asked.arrayBuffer()) : undefined;
		let [method, url, content] = [asked.method, asked.url, body];
		for (let n = 0; ; n++) {
			const headers = new Headers(asked.headers);
			if (!content) headers.delete('content-type');
			this.sign(headers, method, url);
			const answer = await reach(url, { method, headers, body: content, redirect: 'manual' });
			for (const line of answer.headers.getSetCookie()) this.jar.setCookieSync(line, url, { ignoreError: true });
			this.seen.push({ method, path: new URL(url).pathname, status: answer.status });
			const next = answer.headers.get('location');
			if (!next || answer.status < 300 || answer.status > 399 || mode === 'manual' || n > 5) return answer;
			url = new URL(next, url).href;
			if (answer.status === 303 || method === 'POST') [method, content] = ['GET', undefined];
		}
	}

	// sign puts in what a page cannot say itself.
	sign(headers, method, url) {
		const cookies = this.jar.getCookieStringSync(url);
		if (cookies) headers.set('cookie', cookies);
		headers.set('user-agent', globalThis.navigator.userAgent);
		if (!this.tells) return;
		headers.set('referer', `${this.origin}/`);
		headers.set('sec-fetch-site', new URL(url).origin === this.origin ? 'same-origin' : 'cross-site');
		if (method !== 'GET' && method !== 'HEAD') headers.set('origin', this.origin);
	}
}

const parts = (address) => {
	const { href, protocol, host, search, hash, hostname, port, pathname } = new URL(address, globalThis.location?.href);
	return { href, protocol, host, search, hash, hostname, port, pathname };
};

// Asked is an XMLHttpRequest, as far as axios has ever used one.
class Asked {
	readyState = 0;
	status = 0;
	statusText = '';
	responseType = '';
	responseText = '';
	response = '';
	responseURL = '';
	onloadend = null;
	upload = { addEventListener() {} };
	#browser;
	#headers = new Headers();
	#answer = '';

	constructor(browser) {
		this.#browser = browser;
	}
	open(method, url) {
		this.method = method;
		this.url = url;
	}
	addEventListener() {}
	abort() {}
	setRequestHeader(name, value) {
		this.#headers.set(name, value);
	}
	getAllResponseHeaders() {
		return this.#answer;
	}
	send(body) {
		this.#run(body ?? undefined).catch((error) => this.onerror?.(error));
	}
	async #run(body) {
		if (body instanceof FormData) this.#headers.delete('content-type');
		const answer = await this.#browser.fetch(this.url, { method: this.method, headers: this.#headers, body });
		this.responseText = this.response = await answer.text();
		Object.assign(this, { readyState: 4, status: answer.status, statusText: answer.statusText, responseURL: answer.url });
		this.#answer = [...answer.headers].filter(([name]) => name !== 'set-cookie').map(([name, value]) => `${name}: ${value}`).join('\r\n');
		this.onloadend?.();
	}
}

// @nuxtjs/auth-next for NuxtJS 2: its module makes the strategies as for a project, and its schemes run in the least of a
// NuxtJS that they ask for.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { base, later, open, password, somebody } from './world.mjs';

const runtime = await import(new URL('node_modules/@nuxtjs/auth-next/dist/runtime.mjs', import.meta.url)); // with Vue, which would draw in a browser
open();
const require = createRequire(import.meta.url);
const axios = createRequire(require.resolve('@nuxtjs/axios/package.json'))('axios'); // the one that NuxtJS 2 has

// nuxt returns what pages know as this.$auth, with a strategy as nuxt.config.js names it.
const nuxt = async (provider) => {
	const browser = open();
	let made;
	require('@nuxtjs/auth-next').call(
		{
			nuxt: {},
			options: { auth: {}, plugins: [], alias: {}, build: { transpile: [] }, buildDir: '' },
			addTemplate: (template) => ((made = template.options), { dst: '' }),
		},
		{ strategies: { [provider]: { provider: `laravel/${provider}`, url: base } }, vuex: false, watchLoggedIn: false, redirect: false },
	);
	const $axios = axios.create();
	$axios.setHeader = (name, value) => {
		// as in @nuxtjs/axios
		if (value) $axios.defaults.headers.common[name] = value;
		else delete $axios.defaults.headers.common[name];
	};
	const $auth = new runtime.Auth({ app: { $axios }, $axios, route: { matched: [] } }, made.options);
	for (const strategy of made.strategies) $auth.registerStrategy(strategy.name, new runtime[made.strategyScheme[strategy.name].name]($auth, strategy));
	await $auth.init();
	return { $auth, $axios, browser, name: made.strategies[0].name };
};

console.warn = () => {}; // it would like Vuex

test('laravelJWT', async () => {
	const { $auth, $axios, browser, name } = await nuxt('jwt');
	const email = somebody('jwt');
	await $axios.post(`${base}/api/auth/register`, { name: 'Kim', email, password, password_confirmation: password, terms: true });

	await assert.rejects($auth.loginWith(name, { data: { email, password: 'wrong' } }), (e) => e.response.status === 401);
	assert.equal($auth.loggedIn, false);
	const { data } = await $auth.loginWith(name, { data: { email, password } });
	assert.equal(data.token_type, 'bearer');
	assert.equal(data.expires_in, 3600);
	assert.equal($auth.loggedIn, true);
	assert.equal($auth.user.email, email);
	const first = $auth.strategy.token.get();
	assert.equal(first, `Bearer ${data.access_token}`);
	assert.ok($auth.strategy.token.status().valid(), 'the scheme can read when it expires');
	assert.equal(browser.jar.getCookiesSync(base).filter((c) => c.httpOnly).length, 0, 'there is a session beside the token');

	// The server's clock is over the token's end; the scheme refreshes with the token that has expired.
	await later(3601);
	await assert.rejects($auth.fetchUser(), (e) => e.response.status === 401);
	await $auth.refreshTokens();
	const second = $auth.strategy.token.get();
	assert.notEqual(second, first);
	await $auth.fetchUser();
	assert.equal($auth.user.email, email);

	// What was exchanged is worth nothing from that moment on.
	const old = await fetch(`${base}/api/auth/user`, { headers: { Authorization: first, Accept: 'application/json' } });
	assert.equal(old.status, 401);
	// A second exchange of it may have ended the whole family, so somebody signs in anew.
	await $auth.loginWith(name, { data: { email, password } });
	const last = $auth.strategy.token.get();
	await $auth.logout();
	assert.equal($auth.loggedIn, false);
	assert.equal(browser.seen.at(-1).path, '/api/auth/logout');
	assert.equal(browser.seen.at(-1).status, 200);
	const gone = await fetch(`${base}/api/auth/user`, { headers: { Authorization: last, Accept: 'application/json' } });
	assert.equal(gone.status, 401);
});

test('laravelSanctum', async () => {
	const { $auth, browser, name } = await nuxt('sanctum');
	const email = somebody('sanctum');
	await fetch(`${base}/sanctum/csrf-cookie`);
	const made = await axios.post(`${base}/register`, { name: 'Lee', email, password, password_confirmation: password, terms: true });
	assert.equal(made.status, 201);
	browser.jar.removeAllCookiesSync();

	await assert.rejects($auth.loginWith(name, { data: { email, password: 'wrong' } }), (e) => e.response.status === 422);
	await $auth.loginWith(name, { data: { email, password } });
	assert.deepEqual(
		browser.seen.slice(-3).map((x) => `${x.method} ${x.path} ${x.status}`),
		['GET /sanctum/csrf-cookie 204', 'POST /login 200', 'GET /api/user 200'],
	);
	assert.equal($auth.loggedIn, true);
	assert.equal($auth.user.email, email);
	await $auth.fetchUser();
	await $auth.logout();
	assert.equal(browser.seen.at(-1).path, '/logout');
	assert.equal(browser.seen.at(-1).status, 204);
	assert.equal($auth.loggedIn, false);
	assert.equal(browser.cookie('XSRF-TOKEN'), undefined, 'the scheme has taken its token away');
});

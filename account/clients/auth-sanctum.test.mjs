// nuxt-auth-sanctum for Nuxt 4: its plugin and what its pages call.
import assert from 'node:assert/strict';
import { register } from 'node:module';
import { test } from 'node:test';
import { base, open, password, somebody } from './world.mjs';

register('./hooks.mjs', import.meta.url);
globalThis.$fetch = (await import('ofetch')).$fetch; // as Nuxt does
const { app, begin } = await import('./nuxt.mjs');
const runtime = 'nuxt-auth-sanctum/dist/runtime';
const at = (path) => import(new URL(`node_modules/${runtime}/${path}`, import.meta.url));
const { default: plugin } = await at('plugin.js');
const { useSanctumAuth } = await at('composables/useSanctumAuth.js');

// The module's defaults.
const settings = {
	baseUrl: base,
	mode: 'cookie',
	userStateKey: 'sanctum.user.identity',
	endpoints: { csrf: '/sanctum/csrf-cookie', login: '/login', logout: '/logout', user: '/api/user' },
	csrf: { cookie: 'XSRF-TOKEN', header: 'X-XSRF-TOKEN' },
	client: { retry: false, initialRequest: true },
	redirect: { onLogin: '/', onLogout: '/', onAuthOnly: '/login', onGuestOnly: '/' },
	logLevel: 0,
};

test('signs in and out', async () => {
	const browser = open();
	const email = somebody('nuxt');
	await begin(plugin, settings);
	assert.deepEqual(browser.seen, [{ method: 'GET', path: '/api/user', status: 401 }]);
	const made = { name: 'Kim', email, password, password_confirmation: password, terms: true };
	await app.$sanctumClient('/register', { method: 'post', body: made });
	await app.$sanctumClient('/logout', { method: 'post' });

	browser.jar.removeAllCookiesSync();
	await begin(plugin, settings);
	const auth = useSanctumAuth();
	await assert.rejects(auth.login({ email, password: 'wrong' }), (e) => e.statusCode === 422 && Boolean(e.data.errors.email));
	assert.equal(auth.isAuthenticated.value, false);
	await auth.login({ email, password });
	assert.equal(auth.user.value.email, email);
	assert.deepEqual(app.visited, ['/']);

	await begin(plugin, settings); // the page is opened again
	assert.equal(useSanctumAuth().user.value.email, email);
	const form = new FormData();
	form.append('name', 'Lee');
	form.append('email', email);
	await app.$sanctumClient('/user/profile-information', { method: 'put', body: form });
	assert.deepEqual(browser.seen.at(-1), { method: 'POST', path: '/user/profile-information', status: 200 });
	await useSanctumAuth().refreshIdentity();
	assert.equal(useSanctumAuth().user.value.name, 'Lee');
	await useSanctumAuth().logout();
	assert.equal(useSanctumAuth().user.value, null);
	await assert.rejects(useSanctumAuth().refreshIdentity(), (e) => e.statusCode === 401);
});

// A single-page application that speaks to Fortify with axios, written as its documentation says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base, code, later, mail, open, password, somebody } from './world.mjs';

open();
const { default: axios } = await import('axios');

// app is a page with axios in it. On 419 it gets a new token and tries again, on 423 it asks for the password.
const app = async (options) => {
	const browser = open(options);
	const api = axios.create({ baseURL: base, withCredentials: true, withXSRFToken: true });
	api.interceptors.response.use(undefined, async (error) => {
		if (error.response?.status !== 419 || error.config.again) throw error;
		await api.get('/sanctum/csrf-cookie');
		return api.request({ ...error.config, again: true });
	});
	await api.get('/sanctum/csrf-cookie');
	return { api, browser };
};

// refused returns the answer that is an error.
const refused = async (promise) => {
	const error = await promise.then(
		(r) => assert.fail(`${r.config.url} was answered with ${r.status}`),
		(e) => e,
	);
	assert.ok(error.response, error.stack);
	return error.response;
};

// registered is somebody who has just registered, and so is signed in.
const registered = async (name) => {
	const email = somebody(name);
	const page = await app();
	const answer = await page.api.post('/register', { name: 'Kim', email, password, password_confirmation: password, terms: true });
	assert.equal(answer.status, 201);
	assert.equal(answer.data, '');
	return { email, ...page };
};

test('signs in and out', async () => {
	const { email } = await registered();
	const { api, browser } = await app();
	assert.equal((await refused(api.get('/api/user'))).status, 401);
	const before = browser.jar.getCookieStringSync(base);
	assert.deepEqual((await api.post('/login', { email, password, remember: true })).data, { two_factor: false });
	assert.notEqual(browser.jar.getCookieStringSync(base), before);
	const { data: user } = await api.get('/api/user');
	assert.equal(user.email, email);
	assert.equal(user.name, 'Kim');
	assert.equal(user.email_verified_at, null);
	for (const hidden of ['password', 'remember_token', 'two_factor_secret', 'two_factor_recovery_codes']) assert.ok(!(hidden in user), hidden);
	assert.equal((await api.post('/logout')).status, 204);
	assert.equal((await refused(api.get('/api/user'))).status, 401);
});

test('shows what is wrong beside its field', async () => {
	const { api } = await app();
	const wrong = await refused(api.post('/register', { name: '', email: 'kim', password: 'short', password_confirmation: 'other' }));
	assert.equal(wrong.status, 422);
	assert.deepEqual(Object.keys(wrong.data.errors), ['name', 'email', 'password', 'terms']);
	assert.equal(wrong.data.errors.password.length, 2);
	assert.equal(typeof wrong.data.message, 'string');
	const login = await refused(api.post('/login', { email: somebody(), password }));
	assert.deepEqual([login.status, login.data.errors.email], [422, ['These credentials do not match our records.']]);
});

test('waits when there were too many attempts', async () => {
	const { email } = await registered();
	const { api } = await app();
	for (let left = 4; left >= 0; left--) {
		const wrong = await refused(api.post('/login', { email, password: 'wrong' }));
		assert.equal(wrong.status, 422);
		assert.equal(wrong.headers['x-ratelimit-remaining'], String(left));
	}
	const stopped = await refused(api.post('/login', { email, password }));
	assert.equal(stopped.status, 429);
	assert.equal(stopped.data.message, 'Too Many Attempts.');
	const wait = Number(stopped.headers['retry-after']);
	assert.ok(wait > 0 && wait <= 60, stopped.headers['retry-after']);
	await later(wait + 1);
	assert.equal((await api.post('/login', { email, password })).status, 200);
});

test('gets a new token when its own is lost', async () => {
	const { api, browser } = await app({ tells: false });
	browser.jar.removeAllCookiesSync();
	const answer = await refused(api.post('/login', { email: somebody(), password }));
	assert.equal(answer.status, 422);
	assert.deepEqual(
		browser.seen.slice(-3).map((x) => x.status),
		[419, 204, 422],
	);
});

test('proves an address by the link in the mail', async () => {
	const { api, email } = await registered();
	assert.equal((await refused(api.get('/user/api-tokens'))).status, 403);
	assert.equal((await api.post('/email/verification-notification')).status, 202);
	const { link } = await mail(email);
	assert.ok(link.startsWith(`${base}/email/verify/`), link);
	assert.equal((await api.get(link)).status, 204);
	assert.ok(Date.parse((await api.get('/api/user')).data.email_verified_at) > 0);
	assert.equal((await api.post('/email/verification-notification')).status, 204);
});

test('sets up a second factor and signs in with it', async () => {
	const { api, email } = await registered();
	assert.deepEqual((await api.get('/user/confirmed-password-status')).data, { confirmed: false });
	const locked = await refused(api.post('/user/two-factor-authentication'));
	assert.deepEqual([locked.status, locked.data], [423, { message: 'Password confirmation required.' }]);
	assert.equal((await refused(api.post('/user/confirm-password', { password: 'wrong' }))).status, 422);
	assert.equal((await api.post('/user/confirm-password', { password })).status, 201);
	assert.deepEqual((await api.get('/user/confirmed-password-status')).data, { confirmed: true });
	assert.equal((await api.post('/user/two-factor-authentication')).status, 200);

	const { data: qr } = await api.get('/user/two-factor-qr-code');
	assert.match(qr.svg, /^<svg /);
	assert.match(qr.url, /^otpauth:\/\/totp\//);
	const { secretKey } = (await api.get('/user/two-factor-secret-key')).data;
	assert.equal(new URL(qr.url).searchParams.get('secret'), secretKey);
	assert.equal((await refused(api.post('/user/confirmed-two-factor-authentication', { code: '000000' }))).status, 422);
	assert.equal((await api.post('/user/confirmed-two-factor-authentication', { code: await code(secretKey) })).status, 200);
	const { data: codes } = await api.get('/user/two-factor-recovery-codes');
	assert.equal(codes.length, 8);
	await api.post('/logout');

	await later(61);
	assert.deepEqual((await api.post('/login', { email, password })).data, { two_factor: true });
	assert.equal((await refused(api.get('/api/user'))).status, 401);
	const wrong = await refused(api.post('/two-factor-challenge', { code: '000000' }));
	assert.ok(wrong.data.errors.code, JSON.stringify(wrong.data));
	assert.equal((await api.post('/two-factor-challenge', { code: await code(secretKey) })).status, 204);
	assert.equal((await api.get('/api/user')).data.email, email);
	await api.post('/logout');

	await later(61);
	await api.post('/login', { email, password });
	assert.equal((await api.post('/two-factor-challenge', { recovery_code: codes[0] })).status, 204);
	await api.post('/user/confirm-password', { password });
	const after = (await api.get('/user/two-factor-recovery-codes')).data;
	assert.equal(after.length, 8);
	assert.ok(!after.includes(codes[0]));
	assert.equal((await api.delete('/user/two-factor-authentication')).status, 200);
	assert.deepEqual((await api.get('/user/two-factor-recovery-codes')).data, []);
});

test('changes the profile, with a picture, and the password', async () => {
	const { api, email } = await registered();
	assert.equal((await api.put('/user/profile-information', { name: '김하늘', email })).status, 200);
	assert.equal((await api.get('/api/user')).data.name, '김하늘');

	const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
	const form = new FormData();
	form.append('_method', 'PUT');
	form.append('name', 'Kim');
	form.append('email', email);
	form.append('photo', new Blob([picture], { type: 'image/png' }), 'me.png');
	assert.equal((await api.post('/user/profile-information', form)).status, 200);
	const { data: user } = await api.get('/api/user');
	assert.ok(user.profile_photo_url, JSON.stringify(user));
	assert.match((await api.get(user.profile_photo_url)).headers['content-type'], /^image\//);

	const wrong = await refused(api.put('/user/password', { current_password: 'wrong', password: `${password}!`, password_confirmation: `${password}!` }));
	assert.deepEqual(wrong.data.errors.current_password, ['The provided password does not match your current password.']);
	assert.equal((await api.put('/user/password', { current_password: password, password: `${password}!`, password_confirmation: `${password}!` })).status, 200);
	assert.equal((await api.get('/api/user')).data.email, email);
	const other = await app();
	assert.equal((await refused(other.api.post('/login', { email, password }))).status, 422);
	assert.equal((await other.api.post('/login', { email, password: `${password}!` })).status, 200);
});

test('chooses a new password by the link in the mail', async () => {
	const { email } = await registered();
	const { api } = await app();
	const sent = await api.post('/forgot-password', { email });
	assert.match(sent.data.message, /^We have emailed your password reset link/);
	assert.equal((await refused(api.post('/forgot-password', { email }))).status, 422);
	const link = new URL((await mail(email)).link);
	const token = link.pathname.split('/').at(-1);
	assert.equal(link.searchParams.get('email'), email);
	const form = { token, email, password: `${password}?`, password_confirmation: `${password}?` };
	assert.match((await api.post('/reset-password', form)).data.message, /^Your password has been reset/);
	assert.equal((await refused(api.post('/reset-password', form))).status, 422);
	assert.equal((await api.post('/login', { email, password: form.password })).status, 200);
});

test('is not trusted on a page of another origin', async () => {
	const { browser } = await registered();
	browser.tells = true;
	browser.origin = 'http://evil.example';
	browser.enter();
	const token = decodeURIComponent(browser.cookie('XSRF-TOKEN').value);
	const answer = await fetch(`${base}/user/confirm-password`, {
		method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-XSRF-TOKEN': token }, body: JSON.stringify({ password }),
	});
	assert.equal(answer.status, 419);
});

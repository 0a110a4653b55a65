// openid-client 6, as a hub without a keyboard uses it: discovery, RFC 8628's request, and its own way of asking for the token.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as oauth from 'openid-client';

const { BASE_URL: base, CONTROL_URL: control } = process.env;

// hub makes a hub known, and returns its client by one of the two ways to authenticate.
async function hub(serial, way) {
	const { secret } = await (await fetch(`${control}/register?serial=${encodeURIComponent(serial)}`)).json();
	return open(serial, secret, way);
}

const open = (serial, secret, way = oauth.ClientSecretBasic) =>
	oauth.discovery(new URL(base), serial, undefined, way(secret), { algorithm: 'oauth2', execute: [oauth.allowInsecureRequests] });

// decide is what a person does on the page: looks who asks, and decides.
async function decide(code, approve) {
	const headers = { Authorization: 'Bearer kim', 'Content-Type': 'application/json' };
	const at = `${base}/oauth/device`;
	const found = await fetch(`${at}?user_code=${code}`, { headers });
	assert.equal(found.status, 200);
	const { request, hub } = await found.json();
	const res = await fetch(at, { method: 'POST', headers, body: JSON.stringify({ request, hub: hub.serial, approve }) });
	assert.equal(res.status, 200);
}

// The library waits between its questions: all hubs do so at once.
describe('hubs', { concurrency: true }, () => {
	for (const [name, way, serial] of [['basic', oauth.ClientSecretBasic, 'SN:basic'], ['post', oauth.ClientSecretPost, 'SN-post']]) {
		test(`a hub gets its token, authenticated by ${name}`, async () => {
			const client = await hub(serial, way);
			assert.deepEqual(client.serverMetadata().grant_types_supported, ['urn:ietf:params:oauth:grant-type:device_code']);
			const asked = await oauth.initiateDeviceAuthorization(client, { scope: 'devices' });
			assert.match(asked.user_code, /^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
			assert.equal(asked.verification_uri, `${base}/device`);
			assert.equal(asked.verification_uri_complete, `${base}/device?user_code=${asked.user_code}`);
			const polling = oauth.pollDeviceAuthorizationGrant(client, asked);
			await decide(asked.user_code, true);
			const token = await polling;
			assert.equal(token.token_type, 'bearer');
			assert.equal(token.scope, 'devices');
			assert.ok(token.expires_in > 100_000);
			const { person, hub: of } = await (await fetch(`${control}/token`, { headers: { Authorization: `Bearer ${token.access_token}` } })).json();
			assert.deepEqual([person, of], ['kim', serial]);
		});
	}

	test('a hub waits until somebody has decided', async () => {
		const client = await hub('SN-wait');
		const asked = await oauth.initiateDeviceAuthorization(client, {});
		const polling = oauth.pollDeviceAuthorizationGrant(client, asked);
		await fetch(`${control}/pending?serial=SN-wait`); // answers when it has been told that nobody has
		await decide(asked.user_code, true);
		assert.ok((await polling).access_token);
	});

	test('a hub is refused', async () => {
		const client = await hub('SN-refused');
		const asked = await oauth.initiateDeviceAuthorization(client, {});
		await decide(asked.user_code, false);
		await assert.rejects(oauth.pollDeviceAuthorizationGrant(client, asked), { error: 'access_denied' });
	});

	test('a code is good once', async () => {
		const client = await hub('SN-once');
		const asked = await oauth.initiateDeviceAuthorization(client, {});
		await decide(asked.user_code, true);
		await oauth.pollDeviceAuthorizationGrant(client, asked);
		await assert.rejects(oauth.pollDeviceAuthorizationGrant(client, asked), { error: 'invalid_grant' });
	});

	test('a hub that is not who it says', async () => {
		await hub('SN-real');
		for (const way of [oauth.ClientSecretBasic, oauth.ClientSecretPost]) {
			const client = await open('SN-real', 'wrong', way);
			await assert.rejects(oauth.initiateDeviceAuthorization(client, {}), (e) => {
				// With HTTP Basic the library shows the challenge that came with the answer.
				assert.equal(e.status ?? e.cause?.status, 401);
				return e.error === 'invalid_client' || e.code === 'OAUTH_WWW_AUTHENTICATE_CHALLENGE';
			});
		}
	});

	test('a scope that there is not', async () => {
		const client = await hub('SN-scope');
		await assert.rejects(oauth.initiateDeviceAuthorization(client, { scope: 'openid' }), { error: 'invalid_scope' });
	});
});

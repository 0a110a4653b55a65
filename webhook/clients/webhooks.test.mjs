// Webhooks as Pusher's server library receives them. SEND_URL takes the address of a receiver and of what is to happen
// (see webhook/clients_test.go) and answers when everything is sent.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import Pusher from "pusher";

const pusher = new Pusher({ appId: "app1", key: "key1", secret: "secret1", host: "127.0.0.1" });
const stranger = new Pusher({ appId: "app1", key: "key1", secret: "guess", host: "127.0.0.1" });

// receive lets webhooks be sent to a server that answers with the given statuses, then 200, and returns its requests.
async function receive(...statuses) {
  const requests = [];
  const server = createServer((req, res) => {
    let rawBody = "";
    req.setEncoding("utf8");
    req.on("data", (part) => (rawBody += part));
    req.on("end", () => {
      requests.push({ headers: req.headers, rawBody });
      res.statusCode = statuses.shift() ?? 200;
      res.end();
    });
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  try {
    const to = `http://127.0.0.1:${server.address().port}/webhooks`;
    const sent = await fetch(process.env.SEND_URL, { method: "POST", body: to });
    assert.equal(sent.status, 200, await sent.text());
  } finally {
    server.closeAllConnections();
    server.close();
  }
  return requests;
}

const expected = [
  { name: "channel_occupied", channel: "presence-room" },
  { name: "member_added", channel: "presence-room", user_id: "한글 \"7\" <&>" },
  { name: "cache_miss", channel: "private-cache-price" },
  { name: "subscription_count", channel: "news", subscription_count: 3 },
  {
    name: "client_event", channel: "presence-room", user_id: "7", event: "client-typing",
    data: "{\"text\":\"안녕/hello\\u2028\"}", socket_id: "7.42",
  },
  { name: "member_removed", channel: "presence-room", user_id: "한글 \"7\" <&>" },
  { name: "channel_vacated", channel: "presence-room" },
];

test("the library takes what is sent", async () => {
  const requests = await receive();
  const events = requests.flatMap((request) => {
    const webhook = pusher.webhook(request);
    assert.equal(webhook.isContentTypeValid(), true);
    assert.equal(webhook.isBodyValid(), true);
    assert.equal(webhook.isValid(), true);
    assert.ok(Math.abs(Date.now() - webhook.getTime()) < 60_000, String(webhook.getTime()));
    return webhook.getEvents();
  });
  assert.deepEqual(events, expected);
});

test("the library refuses what is forged", async () => {
  const [request] = await receive();
  assert.equal(stranger.webhook(request).isValid(), false);
  assert.equal(pusher.webhook({ ...request, rawBody: request.rawBody.replace("presence-room", "presence-rooms") }).isValid(), false);
  assert.equal(pusher.webhook({ ...request, headers: { ...request.headers, "x-pusher-key": "key2" } }).isValid(), false);
});

test("what is not taken is sent again as it was", async () => {
  const requests = await receive(500);
  assert.ok(requests.length > 1);
  assert.equal(requests[1].rawBody, requests[0].rawBody);
  assert.equal(pusher.webhook(requests[1]).isValid(), true);
  assert.deepEqual(requests.slice(1).flatMap((request) => pusher.webhook(request).getEvents()), expected);
});

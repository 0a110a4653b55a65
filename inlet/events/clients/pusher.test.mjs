// The server library of Pusher for Node.js, as it is.
import assert from "node:assert/strict"
import { test } from "node:test"
import Pusher from "pusher"
import { appKey, appSecret, base, connect } from "./lib/madang.mjs"

const { hostname: host, port } = new URL(base)
const backend = (more) => new Pusher({ appId: "one", key: appKey, secret: appSecret, host, port, ...more })
const pusher = backend()
const json = async (answer) => (await answer).json()
const refused = (status, text) => (error) => {
  assert.equal(error.status, status)
  assert.match(error.body, text)
  return true
}

test("trigger", async () => {
  const a = await connect("a", {}, "news", "private-a")
  const b = await connect("b", {}, "news", "private-a")
  const data = { text: "안녕 / \u2028 <b>", n: 1, nested: { a: [] } }
  assert.deepEqual(await json(pusher.trigger(["news", "private-a"], "App\\Events\\Sent", data, { socket_id: a.id })), {})
  assert.deepEqual(await json(pusher.trigger("news", "text", "just text")), {})
  assert.deepEqual(await json(pusher.trigger("news", "end", "")), {})
  const want = { event: "App\\Events\\Sent", data, raw: JSON.stringify(data) }
  const text = { channel: "news", event: "text", data: "just text", raw: "just text" }
  assert.deepEqual(await b.heard("end"), [{ channel: "news", ...want }, { channel: "private-a", ...want }, text])
  assert.deepEqual(await a.heard("end"), [text])
})

test("trigger with attributes", async () => {
  await connect("a", { name: "A" }, "presence-t", "t")
  const answer = await json(pusher.trigger(["t", "presence-t"], "e", {}, { info: "user_count,subscription_count" }))
  assert.deepEqual(answer, { channels: { t: { subscription_count: 1 }, "presence-t": { subscription_count: 1, user_count: 1 } } })
})

test("triggerBatch", async () => {
  const a = await connect("a", {}, "b1", "b2")
  const batch = [
    { channel: "b1", name: "one", data: { n: 1 } },
    { channel: "b2", name: "two", data: "2", info: "subscription_count" },
    { channel: "b1", name: "end", data: "x" },
  ]
  assert.deepEqual(await json(pusher.triggerBatch(batch)), { batch: [{}, { subscription_count: 1 }, {}] })
  assert.deepEqual((await a.heard("end")).map((e) => [e.channel, e.event, e.raw]), [["b1", "one", '{"n":1}'], ["b2", "two", "2"]])
  const eleven = Array.from({ length: 11 }, () => ({ channel: "b1", name: "e", data: "1" }))
  await assert.rejects(pusher.triggerBatch(eleven), refused(400, /11 events/))
})

test("an encrypted channel", async () => {
  const a = await connect("a", {}, "private-encrypted-e")
  const sealing = backend({ encryptionMasterKeyBase64: Buffer.alloc(32, 7).toString("base64") })
  assert.deepEqual(await json(sealing.trigger("private-encrypted-e", "sealed", { secret: true })), {})
  assert.deepEqual(await json(sealing.trigger("private-encrypted-e", "end", 1)), {})
  const [{ event, data }] = await a.heard("end")
  assert.equal(event, "sealed")
  assert.deepEqual(Object.keys(data), ["nonce", "ciphertext"])
})

test("questions", async () => {
  await connect("u1", { name: "U1" }, "presence-q", "q;odd=a@b,c")
  await connect("u2", { name: "U2" }, "presence-q")
  const get = (path, params) => json(pusher.get({ path, params }))
  assert.deepEqual(await get("/channels", { filter_by_prefix: "presence-q", info: "user_count" }), { channels: { "presence-q": { user_count: 2 } } })
  assert.deepEqual(await get("/channels", { filter_by_prefix: "q;odd=a@b,c" }), { channels: { "q;odd=a@b,c": {} } })
  assert.deepEqual(await get("/channels/presence-q", { info: ["user_count", "subscription_count"] }), { occupied: true, user_count: 2, subscription_count: 2 })
  assert.deepEqual(await get("/channels/q;odd=a@b,c"), { occupied: true })
  assert.deepEqual(await get("/channels/presence-q/users"), { users: [{ id: "u1" }, { id: "u2" }] })
  await assert.rejects(get("/channels", { info: "user_count" }), refused(400, /filter_by_prefix/))
  await assert.rejects(get("/channels/news/users"), refused(400, /presence/))
})

test("users", async () => {
  const user = 'we ird/"안녕"'
  const [a, b] = [await connect("plain", {}), await connect("other", {})]
  assert.deepEqual(await json(pusher.sendToUser("plain", "hi", { x: 1 })), {})
  assert.deepEqual(await json(pusher.sendToUser("plain", "end", "")), {})
  assert.deepEqual((await a.heard("end")).map((e) => [e.event, e.raw]), [["hi", '{"x":1}']])
  assert.deepEqual(await json(pusher.terminateUserConnections("plain")), {})
  assert.equal(await a.closed(), true)
  const c = await connect(user.replace("/", ""), {})
  assert.deepEqual(await json(pusher.terminateUserConnections(user.replace("/", ""))), {})
  assert.equal(await c.closed(), true)
  assert.deepEqual(await json(pusher.sendToUser("other", "end", "")), {})
  await b.heard("end")
})

test("refusals", async () => {
  const e = ["news", "e", "data"]
  await assert.rejects(backend({ secret: appKey }).trigger(...e), refused(401, /auth_signature/))
  await assert.rejects(backend({ key: "nobody" }).trigger(...e), refused(401, /auth_key/))
  await assert.rejects(backend({ appId: "two" }).trigger(...e), refused(401, /auth_key/))
  await assert.rejects(backend({ appId: "none" }).trigger(...e), refused(404, /app/))
  await assert.rejects(pusher.trigger("news", "e", "x".repeat(10241)), refused(413, /10240 bytes/))
  await assert.rejects(pusher.post({ path: "/events", body: { name: "e", channels: ["$all"], data: "1" } }), refused(400, /channel name/))
})

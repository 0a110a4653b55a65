// The same requests to the real laravel-echo-server and to Madang: the same answers, and the same events heard.
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import Pusher from "pusher"
import * as madang from "./lib/madang.mjs"
import { start } from "./lib/reference.mjs"

const key = madang.echoKey
let reference
const clients = [{ appId: "one", key }, { appId: "two", key: "unknown" }, { appId: "branch", key: madang.branchKey }]
before(async () => (reference = await start(key, { clients })))
after(() => reference.stop())

const send = async (side, method, path, body, headers) => {
  const answer = await fetch(side.base + path, { method, body, headers })
  const text = await answer.text()
  const type = answer.headers.get("content-type")
  return { status: answer.status, type, allow: answer.headers.get("allow"), body: type?.startsWith("application/json") ? JSON.parse(text) : text }
}

// both sends a request to both and returns the answer, which must be the same.
const both = async (method, path, body, headers = { authorization: `Bearer ${key}` }) => {
  const want = await send(reference, method, path, body, headers)
  const got = await send(madang, method, path, body, headers)
  const what = `${method} ${path} ${String(body).slice(0, 100)}`
  assert.deepEqual(got.body, want.body, what)
  assert.equal(got.status, want.status, what)
  if (want.status < 500 && want.type?.includes("json")) assert.equal(got.type, want.type, what)
  if (method === "OPTIONS") assert.equal(got.allow, want.allow, what)
  return want
}

const event = (body) => both("POST", "/apps/one/events", JSON.stringify(body))

// people connects somebody to both.
const people = async (...who) => {
  const pair = { reference: await reference.connect(...who), madang: await madang.connect(...who) }
  for (let tries = 0; who.length > 2 && tries < 500; tries++) {
    // laravel-echo-server does not say when somebody has joined a channel
    const view = await send(reference, "GET", `/apps/one/channels/${who.at(-1)}`, undefined, { authorization: key })
    const mine = await send(madang, "GET", `/apps/one/channels/${who.at(-1)}`, undefined, { authorization: key })
    if (view.body.subscription_count === mine.body.subscription_count) break
    await sleep(5)
  }
  return pair
}

const heardByBoth = async (pair, until) => {
  const want = await pair.reference.heard(until)
  const got = (await pair.madang.heard(until)).map(({ channel, event, data }) => ({ channel, event, data }))
  assert.deepEqual(got, want)
  return want
}

test("keys", async () => {
  const wrong = ["", "x", "Bearer x", "Basic " + key, "bearer " + key, key + "x", key.slice(1)]
  for (const authorization of wrong) assert.equal((await both("GET", "/apps/one/channels", undefined, { authorization })).status, 403)
  for (const q of ["", "?auth_key=", "?auth_key=x", `?key=${key}`, `?auth_key=${key}x`]) {
    assert.equal((await both("GET", "/apps/one/channels" + q, undefined, {})).status, 403)
  }
  for (const app of ["two", "none"]) assert.equal((await both("GET", `/apps/${app}/channels`)).status, 403)
  for (const path of ["/apps/one/status", "/apps/one/channels/x", "/apps/one/channels/presence-x/users"]) {
    assert.equal((await both("GET", path, undefined, {})).status, 403)
  }
  assert.equal((await both("POST", "/apps/one/events", "{}", {})).status, 403)
  const ok = "/apps/one/channels?filter_by_prefix=keys"
  assert.equal((await both("GET", ok, undefined, { authorization: key })).status, 200)
  assert.equal((await both("GET", `${ok}&auth_key=${key}`, undefined, {})).status, 200)
})

test("events", async () => {
  const pair = await people(7, {}, "r.news", "r.other")
  for (const data of ["text", '{"a":1}', { b: [1, { c: null }] }, [], {}, "0", "null", "false", " 5 ", true, 1.5, '"quoted"', "안녕 \u2028 <b> /"]) {
    assert.equal((await event({ channel: "r.news", name: "App\\Events\\E", data })).status, 200)
  }
  await event({ channels: ["r.news", "r.other", "r.nobody"], name: "several", data: "1" })
  await event({ channels: [], name: "none", data: "1" })
  await event({ channels: null, channel: "r.other", name: "one", data: "1" })
  await event({ channel: "r.news", name: "end", data: "1", socket_id: "unknown" })
  assert.equal((await heardByBoth(pair, "end")).length, 16)
})

test("events that are not complete", async () => {
  const pair = await people(8, {}, "i.news")
  const whole = { channel: "i.news", name: "e", data: "1" }
  for (const field of Object.keys(whole)) {
    for (const value of [undefined, null, "", 0, false]) assert.equal((await event({ ...whole, [field]: value })).status, 400)
  }
  for (const body of ["{}", "[]", '"x"', "5", "true", '{"Channel":"i.news","name":"e","data":"1"}', '{"channel":"i.news","name":"e","data":-0.0}']) {
    assert.equal((await both("POST", "/apps/one/events", body)).status, 400)
  }
  await event({ ...whole, name: "end" })
  assert.deepEqual(await heardByBoth(pair, "end"), [])
})

test("the sender is left out", async () => {
  const a = await people(1, {}, "s.news")
  const b = await people(2, {}, "s.news")
  for (const side of ["reference", "madang"]) {
    const body = JSON.stringify({ channel: "s.news", name: "mine", data: "1", socket_id: a[side].id })
    assert.equal((await send(side === "madang" ? madang : reference, "POST", "/apps/one/events", body, { authorization: key })).status, 200)
  }
  await event({ channel: "s.news", name: "end", data: "1" })
  assert.deepEqual(await heardByBoth(a, "end"), [])
  assert.deepEqual(await heardByBoth(b, "end"), [{ channel: "s.news", event: "mine", data: 1 }])
})

test("questions", async () => {
  await people(1, { name: "One" }, "q.news", "presence-ref")
  await people("two", { name: "Two", nested: { a: [] } }, "q.news", "presence-ref")
  await people(1, { name: "One again" }, "presence-ref")
  await people("three", null, "presence-ref")
  const channels = await both("GET", "/apps/one/channels?filter_by_prefix=q.")
  assert.deepEqual(channels.body, { channels: { "q.news": { subscription_count: 2, occupied: true } } })
  for (const path of ["?filter_by_prefix=presence-ref", "?filter_by_prefix=none", "/q.news", "/q.none", "/presence-ref", "/presence-ref/users", "/q.news/users", "/private-q/users"]) {
    await both("GET", "/apps/one/channels" + path)
  }
})

test("status", async () => {
  const [want, got] = await Promise.all([reference, madang].map((side) => send(side, "GET", "/apps/one/status", undefined, { authorization: key })))
  assert.deepEqual(Object.keys(got.body), Object.keys(want.body))
  assert.deepEqual(Object.keys(got.body.memory_usage), Object.keys(want.body.memory_usage))
  for (const value of [got.body.subscription_count, got.body.uptime, ...Object.values(got.body.memory_usage)]) assert.equal(typeof value, "number")
})

test("preflights", async () => {
  for (const path of ["events", "channels", "channels/x", "channels/presence-x/users", "status"]) {
    assert.equal((await both("OPTIONS", "/apps/one/" + path, undefined, {})).status, 200)
  }
})

test("several clients share the channels", async () => {
  const pair = await people(9, {}, "b.news")
  const branch = { authorization: madang.branchKey }
  const body = JSON.stringify({ channel: "b.news", name: "from.branch", data: "1" })
  for (const headers of [{ authorization: key }, { authorization: "unknown" }, {}]) assert.equal((await both("POST", "/apps/branch/events", body, headers)).status, 403)
  assert.equal((await both("POST", "/apps/one/events", body, branch)).status, 403)
  assert.equal((await both("POST", "/apps/branch/events", body, branch)).status, 200)
  assert.deepEqual((await both("GET", "/apps/branch/channels?filter_by_prefix=b.", undefined, branch)).body, { channels: { "b.news": { subscription_count: 1, occupied: true } } })
  await event({ channel: "b.news", name: "end", data: "1" })
  assert.deepEqual(await heardByBoth(pair, "end"), [{ channel: "b.news", event: "from.branch", data: 1 }])
})

test("without publishing over HTTP", async () => {
  const closed = await start(key, { subscribers: { http: false, redis: false } })
  const headers = { authorization: key }
  const body = JSON.stringify({ channel: "news", name: "e", data: "1" })
  const mine = { base: madang.base + "/readonly" }
  for (const [method, path, content, status] of [["POST", "events", body, 404], ["OPTIONS", "events", undefined, 404], ["GET", "channels", undefined, 200], ["GET", "channels/x", undefined, 200]]) {
    const [want, got] = [await send(closed, method, "/apps/one/" + path, content, headers), await send(mine, method, "/apps/one/" + path, content, headers)]
    assert.deepEqual([got.status, want.status], [status, status], `${method} ${path}`)
    if (status === 200) assert.deepEqual(got.body, want.body)
  }
  assert.equal((await send(mine, "POST", "/apps/one/events", body, {})).status, (await send(closed, "POST", "/apps/one/events", body, {})).status)
  await closed.stop()
})

test("Laravel's pusher broadcaster with an echo key", async () => {
  const pair = await people(3, {}, "l.news")
  for (const side of [reference, madang]) {
    const { hostname: host, port } = new URL(side.base)
    const pusher = new Pusher({ appId: "one", key, secret: "nobody looks at it", host, port })
    assert.deepEqual(await (await pusher.trigger("l.news", "App\\Events\\E", { a: 1 })).json(), { message: "ok" })
  }
  await event({ channel: "l.news", name: "end", data: "1" })
  assert.deepEqual(await heardByBoth(pair, "end"), [{ channel: "l.news", event: "App\\Events\\E", data: { a: 1 } }])
})

test("requests that end laravel-echo-server", async () => {
  for (const body of ["{", "null", '{"channels":"news","name":"e","data":"1"}']) {
    const victim = await start(key)
    await send(victim, "POST", "/apps/one/events", body, { authorization: key }).catch(() => undefined)
    assert.notEqual((await victim.ended)[0], 0, "laravel-echo-server has ended by itself")
    await victim.stop()
    const got = await send(madang, "POST", "/apps/one/events", body, { authorization: key })
    assert.equal(got.status, 400)
    assert.equal(typeof got.body.error, "string")
  }
})

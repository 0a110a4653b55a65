// A small stand-in for the server, for developing the page and for its tests: the same REST routes, the same /chat
// namespace over the real Socket.IO library, nothing stored. It serves the built page under a strict policy.

import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Server } from 'socket.io'
import { attachHomes } from './homes.mjs'
import { Problem, Store } from './store.mjs'

const DIST = fileURLToPath(new URL('../../../dist/', import.meta.url))
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** `homes` is what there is of devices; without it there are none. */
export async function startMock({ port = 0, seed, homes: makeHomes } = {}) {
  const store = new Store()
  seed?.(store)
  const homes = makeHomes?.(store)
  const http = createServer((req, res) => void answer(req, res))
  const io = new Server(http, { serveClient: false })
  const chat = io.of('/chat')
  const devices = homes && attachHomes(io, store, homes)
  const toRoom = (room) => chat.to(`room:${room.id}`)
  const toUser = (user) => chat.to(`user:${user}`)

  function enter(room, user) {
    chat.in(`user:${user}`).socketsJoin(`room:${room.id}`)
    toUser(user).emit('room.added', store.view(room, user))
    toRoom(room).emit('member.joined', { room: room.id, user, name: store.user(user).name })
  }

  function post(room, user, text, nonce) {
    const { message, fresh } = store.post(room, user, text, nonce)
    if (!fresh) return message
    toRoom(room).emit('message.created', message)
    toRoom(room).emit('read', { room: room.id, user, seq: message.seq })
    for (const member of room.members.keys()) {
      if (member !== user) toUser(member).emit('unread', { room: room.id, unread: store.unread(room, member), total: store.total(member) })
    }
    return message
  }

  function read(room, user, seq) {
    const { moved, ...state } = store.read(room, user, seq)
    if (moved) {
      toRoom(room).emit('read', { room: room.id, user, seq: state.read_seq })
      toUser(user).emit('unread', { room: room.id, unread: state.unread, total: store.total(user) })
    }
    return state
  }

  function presence(user, online) {
    const last_seen = online ? undefined : new Date().toISOString()
    store.user(user).last_seen = last_seen
    for (const room of store.rooms.values()) {
      if (room.members.has(user)) toRoom(room).emit('presence', { user, online, last_seen })
    }
  }

  chat.use((socket, next) => {
    try {
      socket.data.user = store.userOf(socket.handshake.auth?.token).id
      next()
    } catch (err) {
      next(Object.assign(new Error(err.code), { data: { code: err.code, reason: err.code } }))
    }
  })
  chat.on('connection', (socket) => {
    const user = socket.data.user
    socket.join(`user:${user}`)
    for (const room of store.rooms.values()) if (room.members.has(user)) socket.join(`room:${room.id}`)
    if (++store.user(user).sessions === 1) presence(user, true)
    socket.on('disconnect', () => --store.user(user).sessions === 0 && presence(user, false))

    const handle = (name, work) =>
      socket.on(name, (body, ack) => {
        try {
          ack?.(work(body ?? {}))
        } catch (err) {
          ack?.({ error: { code: err.code ?? 'internal', message: String(err.message) } })
        }
      })
    handle('sendMessage', ({ room, message, nonce }) => post(store.room(room, user), user, message, nonce))
    handle('read', ({ room, seq }) => read(store.room(room, user), user, seq))
    handle('renew', ({ token }) => {
      if (store.userOf(token).id !== user) throw new Problem(403, 'forbidden')
      return { expires: new Date(Date.now() + 3_600_000).toISOString() }
    })
  })

  const routes = [
    ['GET', /^\/v1\/me$/, ({ me }) => ({ id: me.id, name: me.name })],
    ['GET', /^\/v1\/rooms$/, ({ me, query }) => {
      const all = [...store.rooms.values()]
      const mine = query.get('scope') !== 'public'
      const rooms = all.filter((room) => (mine ? room.members.has(me.id) : room.type === 'public' && !room.members.has(me.id)))
      return { rooms: rooms.map((room) => store.view(room, me.id)) }
    }],
    ['POST', /^\/v1\/rooms$/, ({ me, body }) => {
      if (!body.name?.trim() || !['public', 'private'].includes(body.type)) throw new Problem(422, 'invalid')
      const room = store.addRoom(me.id, body.name.trim(), body.type)
      enter(room, me.id)
      return store.view(room, me.id)
    }, 201],
    ['POST', /^\/v1\/dms$/, ({ me, body }) => {
      const peer = store.user(body.user)
      if (peer.id === me.id) throw new Problem(422, 'invalid')
      const { room, fresh } = store.direct(me.id, peer.id)
      if (fresh) for (const user of room.members.keys()) enter(room, user)
      return store.view(room, me.id)
    }],
    ['POST', /^\/v1\/rooms\/([^/]+)\/join$/, ({ me, id }) => {
      const room = store.rooms.get(id)
      if (!room || room.type !== 'public') throw new Problem(404, 'not_found')
      store.addMember(room, me.id)
      enter(room, me.id)
      return store.view(room, me.id)
    }],
    ['POST', /^\/v1\/rooms\/([^/]+)\/leave$/, ({ me, id }) => {
      const room = store.room(id, me.id)
      room.members.delete(me.id)
      chat.in(`user:${me.id}`).socketsLeave(`room:${id}`)
      toUser(me.id).emit('room.removed', { id })
      toRoom(room).emit('member.left', { room: id, user: me.id, name: me.name })
    }, 204],
    ['GET', /^\/v1\/rooms\/([^/]+)\/members$/, ({ me, id }) => ({ members: store.viewMembers(store.room(id, me.id)) })],
    ['PUT', /^\/v1\/rooms\/([^/]+)\/members\/([^/]+)$/, ({ me, id, other }) => {
      const room = store.room(id, me.id)
      if (room.type !== 'private') throw new Problem(403, 'forbidden')
      store.addMember(room, store.user(other).id)
      enter(room, other)
      return store.viewMembers(room).find((member) => member.user === other)
    }],
    ['GET', /^\/v1\/rooms\/([^/]+)\/messages$/, ({ me, id, query }) =>
      store.page(store.room(id, me.id), { limit: query.get('limit'), before: query.get('before'), after: query.get('after') })],
    ['POST', /^\/v1\/rooms\/([^/]+)\/messages$/, ({ me, id, body }) => post(store.room(id, me.id), me.id, body.text, body.nonce), 201],
    ['PUT', /^\/v1\/rooms\/([^/]+)\/read$/, ({ me, id, body }) => read(store.room(id, me.id), me.id, body.seq)],
    ['GET', /^\/v1\/unread$/, ({ me }) => {
      const mine = [...store.rooms.values()].filter((room) => room.members.has(me.id))
      return { total: store.total(me.id), rooms: Object.fromEntries(mine.map((room) => [room.id, store.unread(room, me.id)])) }
    }],
  ]

  function devSession(req, body) {
    if (req.method === 'POST') {
      if (!body.name?.trim()) throw new Problem(422, 'invalid')
      const { id, name, token } = store.addUser(body.name.trim())
      return { id, name, token }
    }
    const users = [...store.users.values()].slice(0, 4).map(({ id, name, token }) => ({ id, name, token }))
    return { users, note: 'development only' }
  }

  async function answer(req, res) {
    const url = new URL(req.url, 'http://mock')
    const send = (status, value, type = 'application/json') => {
      res.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' })
      res.end(value === undefined ? undefined : JSON.stringify(value))
    }
    try {
      if (url.pathname === '/dev/session') return send(200, devSession(req, await bodyOf(req)))
      if (devices && /^\/(code(check)?|oauth\/device)$/.test(url.pathname)) {
        const me = () => store.tokens.get(req.headers.authorization?.replace(/^Bearer /, ''))
        return send(...devices.answer(req, url, await bodyOf(req), me))
      }
      if (!url.pathname.startsWith('/v1/')) return page(url, res, devices?.told())
      const me = store.userOf(req.headers.authorization?.replace(/^Bearer /, ''))
      for (const [method, path, work, status = 200] of routes) {
        const match = req.method === method && path.exec(url.pathname)
        if (!match) continue
        const [, id, other] = match.map(decodeURIComponent)
        return send(status, work({ me, id, other, query: url.searchParams, body: await bodyOf(req) }))
      }
      throw new Problem(404, 'not_found')
    } catch (err) {
      const status = err.status ?? 500
      send(status, { type: 'about:blank', title: err.message, status, code: err.code ?? 'internal' }, 'application/problem+json')
    }
  }

  await new Promise((resolve) => http.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${http.address().port}`,
    store,
    homes,
    devices,
    chat,
    close: () => new Promise((resolve) => io.close(resolve)),
  }
}

async function bodyOf(req) {
  let text = ''
  for await (const chunk of req) text += chunk
  try {
    return text ? JSON.parse(text) : {}
  } catch {
    throw new Problem(400, 'invalid')
  }
}

function page(url, res, told) {
  const name = url.pathname === '/' ? 'index.html' : told && /^\/(home|screen|device)$/.test(url.pathname) ? `${url.pathname}.html` : url.pathname
  const path = normalize(join(DIST, name))
  if (!path.startsWith(DIST) || !existsSync(path)) {
    res.writeHead(404).end()
    return
  }
  res.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream', 'Content-Security-Policy': POLICY })
  if (!told || extname(path) !== '.html') createReadStream(path).pipe(res)
  else res.end(readFileSync(path, 'utf8').replace('<meta name="madang-devices" content="">', `<meta name="madang-devices" content="${told}">`))
}

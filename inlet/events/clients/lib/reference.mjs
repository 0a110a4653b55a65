// The real laravel-echo-server with the Redis and the Laravel that it needs, and connections to it.
import { fork, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import http from "node:http"
import net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import io from "socket.io-client-2"

export const freePort = async () => {
  const server = net.createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address()
  server.close()
  await once(server, "close")
  return port
}

const startRedis = async () => {
  const port = await freePort()
  const dir = await mkdtemp(join(tmpdir(), "madang-redis-"))
  const redis = spawn("redis-server", ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir])
  process.once("exit", () => redis.kill())
  for await (const chunk of redis.stdout) if (String(chunk).includes("eady to accept connections")) break
  redis.stdout.resume()
  return {
    port,
    async stop() {
      redis.kill()
      if (redis.exitCode === null && redis.signalCode === null) await once(redis, "exit")
      await rm(dir, { recursive: true, force: true })
    },
  }
}

// Laravel's /broadcasting/auth: the Authorization header is who it is, as JSON.
const startLaravel = async () => {
  const server = http.createServer((request, response) => {
    request.resume().on("end", () => response.end(JSON.stringify({ channel_data: JSON.parse(request.headers.authorization) })))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return { port: server.address().port, stop: () => server.close() }
}

// start returns the running server.
export const start = async (key, more) => {
  const redis = await startRedis()
  const laravel = await startLaravel()
  const port = await freePort()
  const options = {
    authHost: `http://127.0.0.1:${laravel.port}`, clients: [{ appId: "one", key }, { appId: "two", key: "unknown" }], host: "127.0.0.1",
    port, database: "redis", databaseConfig: { redis: { host: "127.0.0.1", port: redis.port } }, subscribers: { http: true, redis: false }, ...more,
  }
  const server = fork(fileURLToPath(new URL("les.cjs", import.meta.url)), { env: { ...process.env, LES_OPTIONS: JSON.stringify(options) }, silent: true })
  server.stdout.resume()
  server.stderr.resume()
  const ended = once(server, "exit")
  await Promise.race([once(server, "message"), ended.then(() => Promise.reject(new Error("laravel-echo-server does not start")))])
  const base = `http://127.0.0.1:${port}`
  const sockets = []
  return {
    base,
    connect: async (user, info, ...channels) => {
      const socket = io(base, { transports: ["websocket"], forceNew: true, reconnection: false })
      sockets.push(socket)
      const heard = []
      const receive = socket.onevent
      socket.onevent = (packet) => {
        const [event, channel, data] = packet.data
        if (!event.startsWith("presence:")) heard.push({ channel, event, data })
        else if (event === "presence:subscribed") socket.emit("entered")
        receive.call(socket, packet)
      }
      await once(socket, "connect")
      for (const channel of channels) {
        const there = channel.startsWith("presence-") ? once(socket, "presence:subscribed") : undefined
        socket.emit("subscribe", { channel, auth: { headers: { Authorization: JSON.stringify({ user_id: user, user_info: info }) } } })
        await there
      }
      return {
        id: socket.id,
        async heard(until) {
          for (const end = Date.now() + 10_000; Date.now() < end; await sleep(5)) {
            const at = heard.findIndex((e) => e.event === until)
            if (at >= 0) return heard.splice(0, at + 1).slice(0, -1)
          }
          throw new Error(`${until} was not heard`)
        },
      }
    },
    ended,
    async stop() {
      for (const s of sockets) s.close()
      server.kill()
      await ended
      laravel.stop()
      await redis.stop()
    },
  }
}

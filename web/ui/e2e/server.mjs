// Real programs under test, each in a folder of its own, and the network between them and a browser.

import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { until } from './harness.mjs'

const { MADANG } = process.env
/** Nothing of this environment but what a program needs: no setting. */
const env = (more) => ({ PATH: process.env.PATH, HOME: process.env.HOME, ...more })

/** Starts a program of the server's command line and gathers what it says. */
function begin(args, cwd, more) {
  const child = spawn(resolve(MADANG), args, { cwd, env: env(more), stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((done) => child.once('close', done))
  const out = { said: '' }
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (out.said += data))
  return {
    out,
    ended,
    find: (pattern) => until(() => pattern.exec(out.said), `${pattern} on the console`, 30_000),
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Starts a server in a new folder, with a configuration if there is one, and returns its address and what it says. */
export async function serve(config) {
  const folder = await mkdtemp(join(tmpdir(), 'madang-'))
  if (config) await writeFile(join(folder, 'madang.yaml'), config)
  const server = begin(['serve', '--listen', '127.0.0.1:0'], folder)
  const [, base] = await Promise.race([
    server.find(/listening on (http:\S+)/),
    server.ended.then(() => Promise.reject(new Error(`the server did not start: ${server.out.said}`))),
  ])
  return {
    base,
    find: async (pattern) => (await server.find(pattern))[0],
    /** Runs a command beside the server, and returns what it prints. */
    run: async (...args) => (await promisify(execFile)(resolve(MADANG), args, { cwd: folder, env: env() })).stdout,
    /** Starts a program beside the server that goes on. */
    begin: (args, more) => begin(args, folder, more),
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true })
    },
  }
}

/** A way to a server that can be cut. */
export async function openWay(base) {
  const to = new URL(base)
  const open = new Set()
  let cut = false
  const way = createServer((near) => {
    if (cut) return near.destroy()
    const far = connect(Number(to.port), to.hostname)
    for (const [one, other] of [[near, far], [far, near]]) {
      open.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise((done) => way.listen(0, '127.0.0.1', done))
  return {
    base: `http://127.0.0.1:${way.address().port}/`,
    cut() {
      cut = true
      for (const one of open) one.destroy()
    },
    mend: () => (cut = false),
    close() {
      for (const one of open) one.destroy()
      return new Promise((done) => way.close(done))
    },
  }
}

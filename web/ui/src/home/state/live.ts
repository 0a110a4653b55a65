// A live view of homes, for a person as for the screen in the house: one connection, everything fetched when it comes up, events
// from then on, and commands.

import { onScopeDispose, reactive, ref } from 'vue'
import { ApiError, codeOf } from '../../lib/api'
import { openLink, type Link } from '../../state/link'
import type { Connection } from '../../state/model'
import * as h from '../lib/house'
import type { CommandView, Values } from '../lib/wire'

const RESTORED_MS = 3_000
const RETRY_MS = 2_000
/** Events that come together are one reason to ask again. */
const GATHER_MS = 250
/** So long a device may take to say what its hub has already said. */
const WORD_MS = 3_000
/** So long it is said what went wrong. */
const TROUBLE_MS = 20_000

export interface LiveOptions {
  base: URL
  token: string
  /** What is shown beside the token. */
  auth?: Record<string, unknown>
  /** Whose failures are told; null: everybody's. */
  me: string | null
  /** Asks for everything and takes it over. */
  load(link: Link, house: h.House): Promise<void>
  /** The server does not let this page in (any more). */
  refused(code: string): void
  /** Everything that is said, also what the house does not know. */
  event?(name: string, data: unknown): void
}

/** Codes by which the server says that what was shown is, or has become, worth nothing. */
const FINAL = ['unauthenticated', 'forbidden']

export function createLive(options: LiveOptions) {
  const house = reactive(h.newHouse(options.me)) as h.House
  const connection = ref<Connection>('connecting')
  /** True for a moment after a connection came back, and what is shown is true again. */
  const restored = ref(false)
  /** What is shown is what the server says now. */
  const current = ref(false)
  const timers = new Set<number>()
  let asking = false
  let askAgain = false
  let closed = false
  let lost = false

  const link = openLink(
    options.base,
    options.token,
    {
      state(to) {
        if (to !== 'online') {
          lost ||= current.value
          current.value = false
          restored.value = false
        }
        connection.value = to
      },
      connected: () => void refresh(),
      refused: options.refused,
      event(name, data) {
        if (h.hear(house, name, data)) later(() => void refresh(), GATHER_MS)
        if (name === 'command.changed') settle(data as CommandView)
        options.event?.(name, data)
      },
    },
    { namespace: '/home', auth: options.auth, final: FINAL },
  )

  function later(work: () => void, ms: number): void {
    const timer = window.setTimeout(() => {
      timers.delete(timer)
      work()
    }, ms)
    timers.add(timer)
  }

  /** Fetches everything; asked for while it is being fetched, it is fetched once more. */
  async function refresh(): Promise<void> {
    if (closed || !link.connected) return
    if (asking) {
      askAgain = true
      return
    }
    asking = true
    try {
      do {
        askAgain = false
        await options.load(link, house)
      } while (askAgain && !closed)
      current.value = link.connected
      if (lost && current.value) {
        lost = false
        restored.value = true
        later(() => (restored.value = false), RESTORED_MS)
      }
    } catch (err) {
      if (closed) return
      if (err instanceof ApiError && FINAL.includes(err.code)) options.refused(err.code)
      else later(() => void refresh(), RETRY_MS)
    } finally {
      asking = false
    }
  }

  function settle(command: CommandView): void {
    if (command.state === 'done') later(() => h.letGo(house, command.id), WORD_MS)
    else if (command.state !== 'queued' && command.state !== 'sent') regret(command.hub, command.device)
  }

  function regret(hub: string, device: string): void {
    const trouble = house.things.get(h.thingKey(hub, device))?.trouble
    if (trouble) later(() => h.forgive(house, hub, device, trouble), TROUBLE_MS)
  }

  /** Wishes something of a device. What comes of it is told by the house. */
  async function command(hub: string, device: string, set: Values): Promise<void> {
    const key = newKey()
    h.beginAsk(house, hub, device, set, key)
    try {
      const answer = await link.ask<CommandView>('device.command', { hub, device, set, key, no_wait: true })
      h.askAnswered(house, key, answer)
      settle(answer)
    } catch (err) {
      h.askFailed(house, hub, device, key, codeOf(err))
      regret(hub, device)
      // It may have come about nevertheless, or the page has shown something that is not so.
      void refresh()
    }
  }

  function close(): void {
    closed = true
    for (const timer of timers) clearTimeout(timer)
    link.close()
  }

  return { house, connection, restored, current, link, refresh, command, close }
}

export type Live = ReturnType<typeof createLive>

/** A name for a command, so that it is one however often it arrives. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The time, as often as something on the page depends on it. */
export function useNow(everyMs: number) {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), everyMs)
  onScopeDispose(() => clearInterval(timer))
  return now
}

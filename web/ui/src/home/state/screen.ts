// What the screen in the house knows and does: it shows codes, who asks for them, and the devices of its own hub.

import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { codeOf } from '../../lib/api'
import type { Feature } from '../../lib/feature'
import type { Link } from '../../state/link'
import { takeHubs, type House } from '../lib/house'
import type { ClearedView, HubView, ShownView } from '../lib/wire'
import { createLive, type Live } from './live'

const STORED = 'madang.screen'
/** How long a code is shown by which nothing more is said. */
const CODE_MS = 180_000
const OUTCOME_MS = 6_000
/** A screen that was refused tries again by itself: nobody may be there to do it. */
const AGAIN_MS = 60_000

export interface Prompt {
  id: string
  code: string
  who: string
  from: string
  until: number
  /** How long it is good for, from when it came. */
  lasts: number
}

/** What the screen proves itself by: `serial:secret` of the hub, or the display's own token. */
export function readKey(text: string): string {
  const key = text.trim()
  return key.length <= 4096 && /^[\x21-\x7e]*$/.test(key) ? key : ''
}

/** A fragment of the address sets the screen up once, and stays neither there nor in the history. */
function takeFragment(): void {
  const told = new URLSearchParams(location.hash.slice(1))
  if (!told.has('key')) return
  history.replaceState(null, '', location.pathname + location.search)
  const key = readKey(told.get('key') ?? '')
  if (key) localStorage.setItem(STORED, key)
}

export function createScreen(base: URL, feature: Feature | null) {
  const live = shallowRef<Live>()
  const hub = shallowRef<HubView>()
  /** Why the screen is not let in: an error code; empty: it has not been tried. */
  const refused = ref('')
  const prompt = ref<Prompt>()
  const alarm = ref(false)
  const outcome = ref('')
  const trouble = ref('')
  const busy = ref(false)
  let timer = 0
  let again = 0

  function start(): void {
    takeFragment()
    const key = localStorage.getItem(STORED) ?? ''
    // The box's own screen is known by where it is.
    if (key || feature?.mode === 'home') connect(key)
  }

  function connect(key: string): void {
    clearTimeout(again)
    live.value?.close()
    refused.value = ''
    live.value = createLive({
      base,
      token: key,
      auth: { display: true },
      me: null,
      load,
      refused(code) {
        live.value?.close()
        live.value = undefined
        prompt.value = undefined
        refused.value = code
        again = window.setTimeout(() => connect(key), AGAIN_MS)
      },
      event,
    })
  }

  async function load(link: Link, house: House): Promise<void> {
    const view = await link.ask<HubView>('device.devices', {})
    hub.value = view
    takeHubs(house, [view])
    if (view.locked !== undefined) alarm.value = view.locked
  }

  function event(name: string, data: unknown): void {
    switch (name) {
      case 'pairing.shown': {
        const { id, who, from, expires_in_ms: lasts } = data as ShownView
        prompt.value = { id, who, from, code: '', lasts, until: Date.now() + lasts }
        say('')
        return
      }
      case 'code':
        // Who asks is said before the code; a server that does not say it has sent the code alone.
        if (!prompt.value || prompt.value.code) prompt.value = { id: '', who: '', from: '', code: '', lasts: CODE_MS, until: Date.now() + CODE_MS }
        prompt.value.code = String(data)
        alarm.value = false
        return
      case 'pairing.cleared': {
        const { id, why } = data as ClearedView
        if (why === 'pressed') {
          // What is shown stays: only the alarm is over.
          if (alarm.value) say(why)
          alarm.value = false
          return
        }
        if (prompt.value && prompt.value.id !== '' && id !== prompt.value.id) return
        if (prompt.value) say(why)
        prompt.value = undefined
        return
      }
      case 'pairing.alarm':
        alarm.value = true
        prompt.value = undefined
        return
    }
  }

  function say(why: string): void {
    clearTimeout(timer)
    outcome.value = why
    if (why) timer = window.setTimeout(() => (outcome.value = ''), OUTCOME_MS)
  }

  /** The code has run out while nobody could say so. */
  function expire(now: number): void {
    if (prompt.value && prompt.value.until <= now) prompt.value = undefined
  }

  async function call(procedure: string): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    trouble.value = ''
    try {
      await live.value?.link.ask(procedure, {})
      return true
    } catch (err) {
      trouble.value = codeOf(err)
      return false
    } finally {
      busy.value = false
    }
  }

  async function withdraw(): Promise<void> {
    if (!(await call('device.withdraw')) || !prompt.value) return
    prompt.value = undefined
    say('withdrawn')
  }

  async function press(): Promise<void> {
    if (!(await call('device.press'))) return
    alarm.value = false
    say('pressed')
  }

  function setUp(key: string): void {
    if (key) localStorage.setItem(STORED, key)
    else localStorage.removeItem(STORED)
    connect(key)
  }

  /** Somebody is about to set the screen up: they are not to be disturbed. */
  function wait(): void {
    clearTimeout(again)
  }

  function forget(): void {
    clearTimeout(again)
    live.value?.close()
    live.value = undefined
    localStorage.removeItem(STORED)
    refused.value = ''
    hub.value = undefined
    prompt.value = undefined
    alarm.value = false
    start()
  }

  onScopeDispose(() => {
    clearTimeout(timer)
    clearTimeout(again)
    live.value?.close()
  })

  const name = computed(() => hub.value?.place_name || hub.value?.name || hub.value?.serial || '')
  return { live, hub, name, refused, prompt, alarm, outcome, trouble, busy, start, setUp, wait, forget, withdraw, press, expire }
}

export type Screen = ReturnType<typeof createScreen>

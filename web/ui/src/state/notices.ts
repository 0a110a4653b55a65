// Two ways of saying something once: a note that can be seen, and a sentence for screen readers only.

import { reactive, ref } from 'vue'

export interface Notice {
  id: number
  text: string
  bad: boolean
}

const NOTICE_MS = 6_000
/** At most one announcement in this time: a busy room must not talk without pause. */
const SPEAK_MS = 1_500
/** Of a burst only the latest are read out. */
const SPEAK_MAX = 3

export function createNotices() {
  const list = reactive<Notice[]>([])
  const spoken = ref('')
  let next = 1
  let waiting: string[] = []
  let timer = 0

  function dismiss(id: number): void {
    const at = list.findIndex((notice) => notice.id === id)
    if (at >= 0) list.splice(at, 1)
  }

  /** The same once more takes the place of what is still shown. */
  function show(text: string, bad = false): void {
    const id = next++
    const same = list.find((notice) => notice.text === text && notice.bad === bad)
    if (same) dismiss(same.id)
    list.push({ id, text, bad })
    setTimeout(() => dismiss(id), NOTICE_MS)
  }

  function flush(): void {
    timer = 0
    if (waiting.length === 0) {
      spoken.value = ''
      return
    }
    spoken.value = waiting.slice(-SPEAK_MAX).join('\n')
    waiting = []
    timer = window.setTimeout(flush, SPEAK_MS)
  }

  function speak(text: string): void {
    waiting.push(text)
    if (!timer) timer = window.setTimeout(flush, 100)
  }

  return { list, spoken, show, dismiss, speak }
}

export type Notices = ReturnType<typeof createNotices>

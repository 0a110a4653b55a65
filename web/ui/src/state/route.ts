// The open room in the address: `#room=7`. So "back" leaves a room on a phone, and a reload comes back to it.

import { onMounted, onUnmounted, watch } from 'vue'
import type { Chat } from './chat'

function roomInAddress(): string {
  return new URLSearchParams(location.hash.slice(1)).get('room') ?? ''
}

export function useRoute(chat: Chat): void {
  const follow = () => void chat.open(roomInAddress())

  // A room can be opened only when it is known.
  watch(
    () => chat.model.roomsLoaded,
    (loaded) => loaded && follow(),
    { immediate: true },
  )
  watch(
    () => chat.model.open,
    (room) => {
      if (room === roomInAddress()) return
      const hash = room ? `#${new URLSearchParams({ room })}` : ''
      history.pushState(null, '', location.pathname + location.search + hash)
    },
  )
  onMounted(() => addEventListener('popstate', follow))
  onUnmounted(() => {
    removeEventListener('popstate', follow)
    history.replaceState(null, '', location.pathname + location.search)
  })
}

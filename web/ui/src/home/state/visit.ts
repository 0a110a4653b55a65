// Who looks at the person's page: somebody signed in, with their places; or, in a house where nobody signs in, who has paired.

import type { Entrance } from '../../state/session'
import { takeHubs, takePlaces } from '../lib/house'
import type { HubView, PlaceView } from '../lib/wire'
import { createLive, type Live } from './live'

export interface Visit {
  kind: 'person' | 'guest'
  live: Live
  /** Empty for a guest. */
  me: string
  name: string
  /** The page of one's own account, for who has one. */
  profile?: string
  /** A procedure of the server; fails with an ApiError. */
  call<T>(procedure: string, body: Record<string, unknown>): Promise<T>
  close(): void
}

export function visitPerson({ base, token, me, profile, ended }: Entrance): Visit {
  const live = createLive({
    base,
    token,
    me: me.id,
    async load(link, house) {
      const { places } = await link.ask<{ places: PlaceView[] | null }>('device.places', {})
      takePlaces(house, places ?? [])
    },
    refused: ended,
  })
  return { kind: 'person', live, me: me.id, name: me.name, profile, call: (procedure, body) => live.link.ask(procedure, body), close: live.close }
}

/** The token of a pairing is good for one hub, which it names. */
export function visitGuest(base: URL, token: string, serial: string, ended: (code: string) => void): Visit {
  const live = createLive({
    base,
    token,
    me: null,
    async load(link, house) {
      takeHubs(house, [await link.ask<HubView>('device.devices', { hub: serial })])
    },
    refused: ended,
  })
  return { kind: 'guest', live, me: '', name: '', call: (procedure, body) => live.link.ask(procedure, body), close: live.close }
}

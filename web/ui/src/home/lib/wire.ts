// The words of the server about devices: what the namespace /home sends. Times are RFC 3339 in UTC. What is optional here is not
// told by every server, or not to everybody.

export type Value = boolean | number | string
export type Values = Record<string, Value>
export type Capability = 'switch' | 'dimmer' | 'thermostat' | 'lock' | 'sensor'
export type Role = 'owner' | 'member'
export type CommandState = 'queued' | 'sent' | 'done' | 'refused' | 'expired'

export interface MemberView {
  person: string
  name: string
  role: Role
}

export interface PlaceView {
  id: string
  name: string
  members: MemberView[] | null
  hubs?: HubView[] | null
}

export interface HubView {
  serial: string
  name: string
  /** The id of its place. */
  place: string
  /** The place's name, which a display is told. */
  place_name?: string
  online: boolean
  /** When it last came or went. */
  seen_at: string
  /** The button must be pressed before anybody can pair: told to a display. */
  locked?: boolean
  devices?: DeviceView[] | null
  /** Those that have not ended. */
  commands?: CommandView[] | null
}

export interface DeviceView {
  hub: string
  id: string
  name: string
  capabilities: Capability[] | null
  /** What the device says of itself. */
  reported: Values | null
  version: number
  /** What commands that have not ended wish for. */
  desired: Values | null
  /** Grows with every change. */
  rev: number
}

export interface CommandView {
  id: string
  hub: string
  device: string
  person: string
  set: Values
  state: CommandState
  note?: string
  created_at: string
  /** When it ends by itself. */
  expires_at?: string
}

export interface AuditView {
  id: number
  at: string
  act: string
  person?: string
  hub?: string
  device?: string
  command?: string
  detail?: string
}

export interface ShownView {
  id: string
  who: string
  from: string
  expires_in_ms: number
}

export interface ClearedView {
  id: string
  why: string
}

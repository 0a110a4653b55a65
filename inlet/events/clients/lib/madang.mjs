// Madang under test: the Go test that runs us serves the interface at BASE_URL, and connections at /test/connect.
import { setTimeout as sleep } from "node:timers/promises"

export const base = process.env.BASE_URL
export const echoKey = process.env.ECHO_KEY
export const branchKey = process.env.BRANCH_KEY // of an alias of the app
export const appKey = process.env.APP_KEY
export const appSecret = process.env.APP_SECRET

const ask = async (visitor) => {
  const answer = await fetch(`${base}/test/connect`, { method: "POST", body: JSON.stringify(visitor) })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}

// A heard line is "channel event type data".
const read = (line) => {
  const [, channel, event, type, data] = /^(\S+) (\S+) (\S+) (.*)$/su.exec(line)
  return { channel, event, data: type === "json" ? JSON.parse(data) : data, raw: data }
}

// connect returns a connection to these channels. heard(until) waits for the event of that name and returns all events
// up to it that were not returned before.
export const connect = async (user, info, ...channels) => {
  const { id } = await ask({ user, info, channels })
  let seen = 0
  return {
    id,
    async heard(until) {
      for (const end = Date.now() + 10_000; Date.now() < end; await sleep(5)) {
        const { heard } = await ask({ id })
        const fresh = heard.slice(seen).map(read)
        const at = fresh.findIndex((e) => e.event === until)
        if (at >= 0) {
          seen += at + 1
          return fresh.slice(0, at)
        }
      }
      throw new Error(`${until} was not heard`)
    },
    async closed() {
      for (const end = Date.now() + 10_000; Date.now() < end; await sleep(5)) if ((await ask({ id })).closed) return true
      return false
    },
  }
}

// A network that can be cut in all the ways in which networks are: a proxy that looks at what clients send.
import net from 'node:net'

// attaching reports whether what a client sends holds an ATTACH, in JSON or MessagePack.
const attaching = (b) => /"action":10[,}]/.test(b.toString('latin1')) || b.includes(Buffer.from('\xa6action\x0a', 'latin1'))

// frameLength returns how long the frame is with which what a server sends begins.
function frameLength(b) {
  const n = b.length < 4 ? 0 : b[1]
  return n < 126 ? 2 + n : 4 + b.readUInt16BE(2)
}

// A reader finds the messages in what a WebSocket client sends: behind the handshake, they are masked.
class Reader {
  buffer = Buffer.alloc(0)
  open = false

  // attaches takes the next bytes and reports whether a message that is an ATTACH has ended in them.
  attaches(bytes) {
    this.buffer = Buffer.concat([this.buffer, bytes])
    if (!this.open) {
      const text = this.buffer.toString('latin1'), end = text.indexOf('\r\n\r\n')
      if (!/^upgrade: websocket/im.test(text)) { // a client that polls, whose requests are in the clear
        this.buffer = this.buffer.subarray(-4096)
        const found = attaching(this.buffer)
        if (found) this.buffer = Buffer.alloc(0)
        return found
      }
      if (end < 0) return false
      this.open = true
      this.buffer = this.buffer.subarray(end + 4)
    }
    for (let found = false; ;) {
      const payload = this.frame()
      if (!payload) return found
      found ||= attaching(payload)
    }
  }

  // frame takes the next frame from the buffer, if all of it is there.
  frame() {
    const b = this.buffer
    if (b.length < 2) return null
    let n = b[1] & 127, at = 2
    if (n === 126 && b.length >= 4) [n, at] = [b.readUInt16BE(2), 4]
    else if (n === 127 && b.length >= 10) [n, at] = [Number(b.readBigUInt64BE(2)), 10]
    else if (n > 125) return null
    if (b.length < at + 4 + n) return null
    const mask = b.subarray(at, at + 4), payload = Buffer.from(b.subarray(at + 4, at + 4 + n))
    for (let i = 0; i < n; i++) payload[i] ^= mask[i % 4]
    this.buffer = b.subarray(at + 4 + n)
    return payload
  }
}

export class Network {
  pipes = new Set()
  down = '' // 'refuse': who comes is sent away; 'mute': nobody answers
  trap = null // what is done with the next ATTACH: { forward, budget }; how many bytes of the answer may pass, or 'frame'
  trapped = 0

  // start opens a network whose ways lead to the ports, each connection's to one that pick chooses.
  static async start(ports, pick = () => 0) {
    const n = new Network()
    n.server = net.createServer((near) => n.connect(near, ports[pick(ports.length)]))
    await new Promise((done) => n.server.listen(0, '127.0.0.1', done))
    n.port = n.server.address().port
    return n
  }

  close() {
    this.cut()
    this.server.close()
  }

  connect(near, port) {
    near.on('error', () => {})
    if (this.down === 'refuse') return near.resetAndDestroy()
    const pipe = { near, far: this.down ? null : net.connect(port, '127.0.0.1'), reader: new Reader() }
    this.pipes.add(pipe)
    const forget = () => {
      near.destroy()
      pipe.far?.destroy()
      this.pipes.delete(pipe)
    }
    near.setNoDelay(true).on('close', () => { if (!pipe.half) forget() })
    if (!pipe.far) return near.pause()
    near.on('data', (b) => this.up(pipe, b))
    pipe.far.setNoDelay(true).on('error', () => {}).on('close', forget).on('data', (b) => this.back(pipe, b))
  }

  // up takes what a client sends.
  up(pipe, b) {
    const found = pipe.reader.attaches(b)
    if (!found || !this.trap) {
      if (!this.springing) pipe.far.write(b)
      return
    }
    const { forward, budget } = this.trap
    this.trap = null
    if (!forward) return this.spring()
    this.springing = true
    this.budget = budget
    pipe.far.write(b)
    setTimeout(() => this.spring(), budget ? 300 : Math.random() * 50)
  }

  // back takes what the server sends: all of it, or as much as a trap lets through.
  back(pipe, b) {
    if (!this.springing) return pipe.near.write(b)
    if (this.budget === 'frame') this.budget = frameLength(b)
    if (this.budget <= 0) return
    pipe.near.write(b.subarray(0, this.budget))
    this.budget -= b.length
    if (this.budget <= 0) this.spring()
  }

  // spring cuts what was trapped, so that what was let through arrives.
  spring() {
    this.springing = false
    this.trapped++
    for (const p of this.pipes) {
      p.near.end()
      p.far?.resetAndDestroy()
    }
  }

  // cut ends all connections at both ends.
  cut() {
    this.springing = false
    for (const p of this.pipes) {
      p.half = false
      p.near.resetAndDestroy()
      p.far?.resetAndDestroy()
    }
  }

  // halve ends all connections at the clients' ends; the server hears nothing of it for some time.
  halve(ms) {
    for (const p of this.pipes) {
      p.half = true
      p.far?.pause()
      p.near.resetAndDestroy()
      setTimeout(() => p.far?.resetAndDestroy(), ms)
    }
  }

  // stall lets nothing through on the connections that there are, and ends them after some time.
  stall(ms) {
    for (const p of this.pipes) {
      p.half = true
      p.near.pause()
      p.far?.pause()
      setTimeout(() => {
        p.near.resetAndDestroy()
        p.far?.resetAndDestroy()
      }, ms)
    }
  }

  // heal lets clients come again.
  heal() {
    this.down = ''
    for (const p of this.pipes) if (!p.far) p.near.resetAndDestroy()
  }
}

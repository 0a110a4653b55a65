// Channels derived by a filter: only the newer generation knows them by name, the older one takes the name as it is written.
import test from 'node:test'
import assert from 'node:assert/strict'
import { client, fresh, generations, rejected, until } from './lib.mjs'

for (const g of generations) {
  const derived = (c, name, filter, query = '') => g.v === 2 ? c.channels.getDerived((query && `[${query}]`) + name, { filter })
    : c.channels.get(`[filter=${Buffer.from(filter).toString('base64')}${query}]${name}`)

  test(`${g.name}: filters`, async (t) => {
    const name = fresh(), c = client(t, g), p = client(t, g, { clientId: 'kim' }), got = []
    const ch = derived(c, name, 'name == `"correct"` && headers.number == `26095`')
    await ch.subscribe((m) => got.push(m.data))
    const from = p.channels.get(name)
    await from.publish([
      { name: 'correct', data: 'yes', extras: { headers: { name: 'Lorem', number: 26095, bool: true } } },
      { name: 'incorrect', data: 'no', extras: { headers: { number: 26095 } } },
      { name: 'correct', data: 'nor this', extras: { headers: { number: 1 } } },
      { name: 'correct', data: 'nor without' },
    ])
    await from.publish({ name: 'correct', data: 'last', extras: { headers: { number: 26095 } } })
    await until('what the filter selects', () => got.length === 2)
    assert.deepEqual(got, ['yes', 'last'])

    const past = []
    await derived(c, name, "clientId == 'kim' && starts_with(data, 'no')", '?rewind=4').subscribe((m) => past.push(m.data))
    await until('what it selects of the past', () => past.length === 3)
    assert.deepEqual(past, ['no', 'nor this', 'nor without'])
    await ch.detach()
  })

  test(`${g.name}: filters that are none`, async (t) => {
    const c = client(t, g), name = fresh()
    for (const wrong of ['name ==', 'data[*]', 'x'.repeat(600)]) {
      const err = await rejected(derived(c, name, wrong).attach())
      assert.deepEqual([err.code, err.statusCode], [40010, 400])
      assert.match(err.message, /filter/)
    }
    await c.channels.get(name).publish('n', 'still here')
  })
}

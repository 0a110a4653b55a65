// The judge must be able to find everything that can go wrong.
import test from 'node:test'
import assert from 'node:assert/strict'
import { judge, sequences } from './oracle.mjs'

const truth = Array.from({ length: 9 }, (_, i) => i), told = (silent = 9000) => ({ silent }), rule = { patience: 1000 }

for (const [what, log, want] of [
  ['everything', [told(), 0, 1, 2, 3, 4, 5, 6, 7, 8], null],
  ['a loss that was told', [told(), 0, 1, 2, told(), 6, 7, 8], null],
  ['told, though nothing is missing', [told(), 0, 1, 2, told(), 3, 4, 5, 6, 7, 8], null],
  ['told because the client gave up', [told(), 0, 1, 2, { silent: 20, forgot: true }, 5, 6, 7, 8], null],
  ['late to the beginning', [told(), 4, 5, 6, 7, 8], null],
  ['a silent loss', [told(), 0, 1, 2, 4, 5, 6, 7, 8], /1 messages are missing before 4/],
  ['a silent loss after a loss that was told', [told(), 0, told(), 3, 5, 6, 7, 8], /1 messages are missing before 5/],
  ['a loss that was told too late', [told(), 0, 1, 4, told(), 5, 6, 7, 8], /2 messages are missing before 4/],
  ['twice', [told(), 0, 1, 1, 2, 3, 4, 5, 6, 7, 8], /1 came twice/],
  ['twice after a loss that was told', [told(), 0, 1, 2, told(), 2, 3, 4, 5, 6, 7, 8], /2 came twice/],
  ['again after a loss that was told', [told(), 0, 1, 2, told(), 1, 2, 3, 4, 5, 6, 7, 8], /1 came after 2/],
  ['out of order', [told(), 0, 2, 1, 3, 4, 5, 6, 7, 8], /1 messages are missing before 2/],
  ['out of order after a loss that was told', [told(), 0, told(), 4, 3, 5, 6, 7, 8], /3 came after 4/],
  ['not the last', [told(), 0, 1, 2, 3, 4, 5, 6, 7], /the last one heard is 7, not 8/],
  ['nothing', [told()], /the last one heard is none/],
  ['what nobody has published', [told(), 0, 1, 2, 99, 3, 4, 5, 6, 7, 8], /nobody has published 99/],
  ['before it was attached', [0, 1, 2, 3, 4, 5, 6, 7, 8], /before the client was attached/],
  ['told for nothing', [told(), 0, 1, 2, told(20), 3, 4, 5, 6, 7, 8], /told of a loss after 20 ms/],
]) {
  test(`the judge: ${what}`, () => {
    const wrong = judge(truth, log, rule)
    if (want) assert.match(wrong.join('\n'), want)
    else assert.deepEqual(wrong, [])
  })
}

test('the judge: publishers', () => {
  assert.deepEqual(sequences([0, 100, 1, 101, 2], [3, 2], 100), [])
  assert.match(sequences([0, 0, 1], [2], 100).join(), /0's 0 came in the place of 1/)
  assert.match(sequences([0, 2], [3], 100).join(), /0's 2 came in the place of 1/)
  assert.match(sequences([0, 1], [3], 100).join(), /heard up to 2 of 3/)
})

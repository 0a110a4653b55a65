// The judge: what a client may have heard, given what was published.

// judge compares a client's log with the truth: all messages in the order of their positions. A log has, in the order in
// which the client learned of them, the ids of messages, and an object for each time that it was told that continuity is
// lost, at first when it attached: { silent, forgot }, the milliseconds since it knew last where it stood in the channel, and
// whether it has given that up itself since then. Messages may be missing only there, and never come again or out of order.
// Nobody may be told of a loss who has not given up and was silent for less than patience: then nothing can have been lost.
// It returns what is wrong, in words.
export function judge(truth, log, { patience = 0 } = {}) {
  const place = new Map(truth.map((id, i) => [id, i])), wrong = []
  let at = -1, told = false, begun = false
  for (const [i, e] of log.entries()) {
    if (typeof e === 'object') {
      if (begun && !e.forgot && e.silent < patience) wrong.push(`entry ${i}: told of a loss after ${e.silent} ms`)
      told = begun = true
      continue
    }
    const here = place.get(e)
    if (here === undefined) {
      wrong.push(`entry ${i}: nobody has published ${e}`)
      continue
    }
    if (!begun) wrong.push(`entry ${i}: ${e} came before the client was attached`)
    else if (here === at) wrong.push(`entry ${i}: ${e} came twice`)
    else if (here < at) wrong.push(`entry ${i}: ${e} came after ${truth[at]}`)
    else if (here > at + 1 && !told) wrong.push(`entry ${i}: ${here - at - 1} messages are missing before ${e}, and nobody said so`)
    if (here > at) [at, told] = [here, false]
  }
  if (at !== truth.length - 1) wrong.push(`the last one heard is ${at < 0 ? 'none' : truth[at]}, not ${truth.at(-1)}`)
  return wrong
}

// sequences reports what is wrong with what publishers published, as somebody has heard it: each one's messages have ids
// from its first one on, one after another. counts are how many each has published.
export function sequences(truth, counts, span) {
  const next = counts.map(() => 0), wrong = []
  for (const [i, id] of truth.entries()) {
    const p = Math.floor(id / span)
    if (id % span !== next[p]) wrong.push(`message ${i}: publisher ${p}'s ${id % span} came in the place of ${next[p]}`)
    next[p] = id % span + 1
  }
  for (const [p, n] of counts.entries()) if (next[p] !== n) wrong.push(`publisher ${p}: heard up to ${next[p]} of ${n}`)
  return wrong
}

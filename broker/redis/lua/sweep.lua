-- KEYS: the leases, what the keys of sets, users and indexes begin with.
-- ARGV: most entries to remove.
-- Returns channel and connection, entry, and 1 if it was the last of its user, of each removed entry.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local out, left = {}, tonumber(ARGV[1])
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%d', now))) do
  local index = KEYS[4] .. node
  local places = redis.call('SRANDMEMBER', index, left)
  for _, place in ipairs(places) do
    local len, at = string.match(place, '^(%d+) ()')
    local channel = string.sub(place, at, at + len - 1)
    local conn = string.sub(place, at + len)
    local set, users = KEYS[2] .. channel, KEYS[3] .. channel
    local entry = redis.call('HGET', set, conn)
    redis.call('SREM', index, place)
    if entry then
      local u, n, from = string.match(entry, '^(%d+) (%d+) ()')
      local user = string.sub(entry, from, from + u - 1)
      if string.sub(entry, from + u, from + u + n - 1) == node then
        redis.call('HDEL', set, conn)
        local last = redis.call('HINCRBY', users, user, -1) <= 0
        if last then redis.call('HDEL', users, user) end
        out[#out + 1] = place
        out[#out + 1] = entry
        out[#out + 1] = last and 1 or 0
      end
    end
  end
  left = left - #places
  if left <= 0 then break end
  if redis.call('SCARD', index) == 0 then redis.call('ZREM', KEYS[1], node) end
end
return out

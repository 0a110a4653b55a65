-- KEYS: the leases, what the keys of sets, users and indexes begin with, the departures that nobody is known to have told: when
--       to report each again, and each.
-- ARGV: most entries to remove, the name of this call, how long to wait for word that they were told, in ms, how long to
--       remember them, in ms, and the names of calls whose answers did not arrive.
-- Returns channel and connection, entry, and 1 if it was the last of its user, of each departure.
redis.call('PERSIST', KEYS[1]) -- see keep
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local out, left = {}, tonumber(ARGV[1])
local due = string.format('%d', now + tonumber(ARGV[3]))

local function parse(entry)
  local u, n, from = string.match(entry, '^(%d+) (%d+) ()')
  return string.sub(entry, from, from + u - 1), string.sub(entry, from + u, from + u + n - 1)
end

local function split(place)
  local len, at = string.match(place, '^(%d+) ()')
  return string.sub(place, at, at + len - 1), string.sub(place, at + len)
end

local function report(place, entry, last)
  redis.call('ZADD', KEYS[5], due, place)
  redis.call('HSET', KEYS[6], place, ARGV[2] .. ' ' .. last .. ' ' .. entry)
  out[#out + 1] = place
  out[#out + 1] = entry
  out[#out + 1] = last
end

-- again reports a departure that was reported before, unless the connection is there again.
local function again(place, kept)
  local last, entry = string.match(kept, '^%S+ ([01]) (.*)$')
  local channel, conn = split(place)
  if redis.call('HEXISTS', KEYS[2] .. channel, conn) == 1 then
    redis.call('ZREM', KEYS[5], place)
    redis.call('HDEL', KEYS[6], place)
    return
  end
  if redis.call('HEXISTS', KEYS[3] .. channel, (parse(entry))) == 1 then last = 0 end
  report(place, entry, tonumber(last))
  left = left - 1
end

local missing = {}
for i = 5, #ARGV do missing[ARGV[i]] = true end
if next(missing) then
  local all = redis.call('HGETALL', KEYS[6])
  for i = 1, #all, 2 do
    if left > 0 and missing[string.match(all[i + 1], '^%S+')] then again(all[i], all[i + 1]) end
  end
end
if left > 0 then
  for _, place in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', string.format('%d', now), 'LIMIT', 0, left)) do
    local kept = redis.call('HGET', KEYS[6], place)
    if kept then again(place, kept) else redis.call('ZREM', KEYS[5], place) end
  end
end

for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%d', now))) do
  if left <= 0 then break end
  local index = KEYS[4] .. node
  local places = redis.call('SRANDMEMBER', index, left)
  for _, place in ipairs(places) do
    local channel, conn = split(place)
    local set, users = KEYS[2] .. channel, KEYS[3] .. channel
    local entry = redis.call('HGET', set, conn)
    redis.call('SREM', index, place)
    if entry then
      local user, owner = parse(entry)
      if owner == node then
        redis.call('HDEL', set, conn)
        local last = redis.call('HINCRBY', users, user, -1) <= 0
        if last then redis.call('HDEL', users, user) end
        report(place, entry, last and 1 or 0)
      end
    end
  end
  left = left - #places
  if redis.call('SCARD', index) == 0 then redis.call('ZREM', KEYS[1], node) end
end
if #out > 0 then
  redis.call('PEXPIRE', KEYS[5], ARGV[4])
  redis.call('PEXPIRE', KEYS[6], ARGV[4])
end
return out

-- KEYS: the set (connection to entry), its users (user to count), the node's index, the leases.
-- ARGV: connection, head of the entry (length of user and node), user, node, rest, the channel, lease in ms,
--       what the keys of indexes begin with.
-- Returns 1 if it is the first of its user, and 1 if there was an entry.
local old = redis.call('HGET', KEYS[1], ARGV[1])
local user = ARGV[3]
local function owner(entry)
  local u, n, at = string.match(entry, '^(%d+) (%d+) ()')
  return string.sub(entry, at, at + u - 1), string.sub(entry, at + u, at + u + n - 1)
end
local was, node
if old then was, node = owner(old) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. user .. ARGV[4] .. ARGV[5])
if node and node ~= ARGV[4] then redis.call('SREM', ARGV[8] .. node, ARGV[6] .. ARGV[1]) end
redis.call('SADD', KEYS[3], ARGV[6] .. ARGV[1])
local t = redis.call('TIME')
redis.call('ZADD', KEYS[4], 'NX', t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[7]), ARGV[4])
if was == user then return {0, 1} end
if was and redis.call('HINCRBY', KEYS[2], was, -1) <= 0 then redis.call('HDEL', KEYS[2], was) end
return {redis.call('HINCRBY', KEYS[2], user, 1) == 1 and 1 or 0, old and 1 or 0}

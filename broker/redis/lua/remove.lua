-- KEYS: the set, its users, the prefix of the nodes' indexes.
-- ARGV: connection, the channel.
-- Returns nothing, or the entry and 1 if it was the last of its user.
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if not entry then return {} end
local u, n, at = string.match(entry, '^(%d+) (%d+) ()')
local user, node = string.sub(entry, at, at + u - 1), string.sub(entry, at + u, at + u + n - 1)
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('SREM', KEYS[3] .. node, ARGV[2] .. ARGV[1])
if redis.call('HINCRBY', KEYS[2], user, -1) > 0 then return {entry, 0} end
redis.call('HDEL', KEYS[2], user)
return {entry, 1}

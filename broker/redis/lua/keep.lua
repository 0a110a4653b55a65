-- KEYS: who is here, the leases, the born key.
-- ARGV: node, lease in ms, what to call these leases if there are none yet.
-- Returns what they are called, the process, and 1 if the node had a lease.
-- A write that takes no memory comes first: after it Redis lets the others through though it is full. A lease that could not be
-- renewed would make all members leave.
redis.call('PERSIST', KEYS[2])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('SET', KEYS[3], ARGV[3], 'NX')
local had = redis.call('ZSCORE', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[2]), ARGV[1])
return {redis.call('GET', KEYS[3]), here(KEYS[1]), had and 1 or 0}

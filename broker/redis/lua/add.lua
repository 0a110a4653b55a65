-- KEYS: the window. ARGV: how long one that begins runs, in ms.
-- Returns the count and how long it still runs, in ms.
local n = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {n, left}

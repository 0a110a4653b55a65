-- KEYS: the bucket, of which is kept when it is full again (GCRA), in µs. ARGV: µs for one to come back, how many it holds.
-- Returns 1 if one was taken, how many are left, and in how many µs one would be allowed.
local t = redis.call('TIME')
local now, every, burst = t[1] * 1000000 + t[2], tonumber(ARGV[1]), tonumber(ARGV[2])
local whole = every * burst
local full = tonumber(redis.call('GET', KEYS[1]) or now)
-- Another Redis may have another clock, and the rate may have been another.
full = math.min(math.max(full, now), now + whole) + every
local wait = full - now - whole
if wait > 0 then return {0, 0, wait} end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return {1, math.floor(-wait / every), 0}

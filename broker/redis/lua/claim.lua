-- KEYS: the key: "p" and the mark of who has it, or "r" and the reply. ARGV: a mark, for how long to claim it, in ms.
-- Returns nothing, an empty text, if the key is the caller's now, else what is there.
local was = redis.call('GET', KEYS[1])
if was then return was end
redis.call('SET', KEYS[1], 'p' .. ARGV[1], 'PX', ARGV[2])
return ''

-- KEYS: the key. ARGV: the mark of who has it; and, unless it is released, the reply and for how long it is kept, in ms.
-- Returns 1 if the claim had not ended.
if redis.call('GET', KEYS[1]) ~= 'p' .. ARGV[1] then return 0 end
if ARGV[2] then
  redis.call('SET', KEYS[1], 'r' .. ARGV[2], 'PX', ARGV[3])
else
  redis.call('DEL', KEYS[1])
end
return 1

-- KEYS: metas of streams.
-- ARGV: how long to remember them from now on, in ms, at least.
for _, key in ipairs(KEYS) do
  local left = redis.call('PTTL', key)
  if left >= 0 and left < tonumber(ARGV[1]) then redis.call('PEXPIRE', key, ARGV[1]) end
end
return #KEYS

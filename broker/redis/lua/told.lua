-- KEYS: when to report departures again, and each.
-- ARGV: the channel and connection of those that were told.
for _, place in ipairs(ARGV) do
  redis.call('ZREM', KEYS[1], place)
  redis.call('HDEL', KEYS[2], place)
end
return #ARGV

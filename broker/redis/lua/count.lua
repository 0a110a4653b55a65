-- KEYS: the window. Returns its count and how long it still runs, in ms.
return {tonumber(redis.call('GET', KEYS[1]) or 0), math.max(redis.call('PTTL', KEYS[1]), 0)}

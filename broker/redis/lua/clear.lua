-- KEYS: the window, which goes.
return redis.call('DEL', KEYS[1])

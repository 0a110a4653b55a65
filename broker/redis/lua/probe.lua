-- KEYS: a key of the node's own.
-- ARGV: PUBLISH or SPUBLISH, how long the key may stay, in ms.
-- What is published has to come back; what is written shows that Redis takes something. A full one, and a replica, do not.
redis.call(ARGV[1], KEYS[1], '')
redis.set_repl(redis.REPL_NONE)
redis.call('SET', KEYS[1], '', 'PX', ARGV[2])
redis.set_repl(redis.REPL_ALL)
return 1

-- What all scripts on streams begin with. A stream is three keys in one hash slot:
--   meta  a hash: e epoch, o offset of the newest event, b offset at which the epoch began, r the Redis process that began it,
--         a age limit in ms, t how long it is remembered in ms, and for shelf 1 (messages, asides, notes) and 2 (changes of the presence set):
--         u1 u2 the newest event that was never kept, k1 k2 the newest that was
--   s, p  the shelves: streams whose ids are offset-milliseconds. The name of an entry's only field is the offset of the
--         entry before it, so that the oldest one tells what was dropped; its value is the event.

-- here names this Redis process. INFO is slow, so its answer is cached for a moment, in a key that is not replicated: a
-- replica that has become the master must find out its own name.
local function here(key)
  local run = redis.call('GET', key)
  if not run then
    local info = redis.call('INFO', 'server')
    local _, at = string.find(info, 'run_id:', 1, true)
    run = string.sub(info, at + 1, at + 12)
    redis.set_repl(redis.REPL_NONE)
    redis.pcall('SET', key, run, 'PX', 100) -- Redis may be full, or a replica: that is no reason not to read
    redis.set_repl(redis.REPL_ALL)
  end
  return run
end

-- clock returns the time in ms, and in µs, which is where the offsets of an epoch begin: so they are beyond those of the epoch
-- before, also if that is forgotten, unless there were a million events in each second of it.
local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000), t[1] * 1000000 + t[2]
end

local function num(n) return string.format('%d', n) end

-- read returns what is known of a stream, or nil if there is none.
local function read(key)
  local f = redis.call('HMGET', key, 'e', 'o', 'b', 'r', 'a', 'u1', 'u2', 'k1', 'k2', 't')
  if not f[1] then return nil end
  return {
    epoch = f[1], top = tonumber(f[2]), base = tonumber(f[3]), run = f[4], age = tonumber(f[5]),
    unkept = {tonumber(f[6]), tonumber(f[7])}, kept = {tonumber(f[8]), tonumber(f[9])}, ttl = tonumber(f[10]),
  }
end

local function write(key, s)
  redis.call('HSET', key, 'e', s.epoch, 'o', num(s.top), 'b', num(s.base), 'r', s.run, 'a', num(s.age),
    'u1', num(s.unkept[1]), 'u2', num(s.unkept[2]), 'k1', num(s.kept[1]), 'k2', num(s.kept[2]), 't', num(s.ttl))
end

-- renew begins another epoch.
local function renew(s, run, epoch, beginning)
  s.epoch, s.run = epoch, run
  s.base = math.max(s.top, beginning)
  s.top = s.base
end

-- known is read, and begins another epoch if the stream was another process's: that one may have given positions that have
-- not come here.
local function known(key, run, epoch, beginning)
  local s = read(key)
  if s and s.run ~= run then
    renew(s, run, epoch, beginning)
    write(key, s)
  end
  return s
end

-- parse returns offset and time of an entry's id.
local function parse(id)
  local at = string.find(id, '-', 1, true)
  return tonumber(string.sub(id, 1, at - 1)), tonumber(string.sub(id, at + 1))
end

-- lost drops what is too old from a shelf and returns the offset of the newest event that is not there.
local function lost(s, shelf, key, now)
  while true do
    local first = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
    local prev = s.kept[shelf]
    local offset, at
    if first then
      prev = tonumber(first[2][1])
      offset, at = parse(first[1])
    end
    if not first or s.age == 0 or at > now - s.age then
      return math.max(s.unkept[shelf], prev)
    end
    redis.call('XTRIM', key, 'MINID', '=', num(offset + 1))
  end
end

-- collect appends entries of a shelf whose kinds are in the mask to out, as offset and event, and returns whether there are
-- more than limit. after is exclusive; nil: from the end.
local function collect(out, key, mask, after, reverse, limit)
  local from, n = reverse and '+' or '-', 0
  if after and reverse then
    if after == 0 then return false end
    from = num(after - 1) .. '-18446744073709551615'
  elseif after then
    from = num(after + 1)
  end
  while true do
    local page
    if reverse then
      page = redis.call('XREVRANGE', key, from, '-', 'COUNT', 64)
    else
      page = redis.call('XRANGE', key, from, '+', 'COUNT', 64)
    end
    for _, x in ipairs(page) do
      local event = x[2][2]
      if bit.band(mask, bit.lshift(1, string.byte(event) - 48)) ~= 0 then
        if n == limit then return true end
        n = n + 1
        local offset = parse(x[1])
        out[#out + 1] = num(offset)
        out[#out + 1] = event
      end
    end
    if #page < 64 then return false end
    from = '(' .. page[#page][1]
  end
end

-- KEYS: who is here; for each channel its meta, s and p.
-- ARGV: PUBLISH or SPUBLISH, a fresh epoch, age in ms, how long to remember the stream in ms, how many of shelf 1 and 2 to keep;
--       for each event: the number of its channel, its shelf (0: none, and nobody misses it), the event.
-- Returns for each event its epoch and offset.
local command, fresh, age, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local keep = {tonumber(ARGV[5]), tonumber(ARGV[6])}
local run, now, beginning = here(KEYS[1]), clock()
local streams, out, posts = {}, {}, {}
local function open(n)
  local key = KEYS[3 * n - 1]
  local s = read(key)
  if not s then
    redis.call('DEL', KEYS[3 * n], KEYS[3 * n + 1])
    s = {epoch = fresh, top = beginning, base = beginning, run = run, age = 0, unkept = {0, 0}, kept = {0, 0}, ttl = 0}
  elseif s.run ~= run then
    renew(s, run, fresh, beginning)
  end
  streams[n] = s
  return s
end
for i = 7, #ARGV, 3 do
  local n, shelf, event = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), ARGV[i + 2]
  local s = streams[n] or open(n)
  s.top = s.top + 1
  if shelf ~= 0 then
    if keep[shelf] > 0 then
      local key = KEYS[3 * n - 1 + shelf]
      redis.call('XADD', key, 'MAXLEN', '=', keep[shelf], num(s.top) .. '-' .. num(now), num(s.kept[shelf]), event)
      redis.call('PEXPIRE', key, num(age > 0 and age or ttl))
      s.kept[shelf], s.age, s.ttl = s.top, age, ttl
    else
      s.unkept[shelf] = s.top
    end
  end
  posts[#posts + 1] = {KEYS[3 * n - 1], s.epoch .. ' ' .. num(s.top) .. ' ' .. num(s.base) .. ' ' .. event}
  out[#out + 1] = s.epoch
  out[#out + 1] = num(s.top)
end
for n, s in pairs(streams) do
  local key = KEYS[3 * n - 1]
  write(key, s)
  redis.call('PEXPIRE', key, num(math.max(ttl, s.ttl)))
end
-- All is kept, nothing can fail any more: out with it.
for _, p in ipairs(posts) do redis.call(command, p[1], p[2]) end
return out

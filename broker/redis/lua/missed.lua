-- What a node has missed in channels.
-- KEYS: who is here; for each channel its meta, s and p.
-- ARGV: a fresh epoch, masks of shelf 1 and 2, most entries of a shelf; for each channel: the epoch and offset last seen, or
--       an offset of -1 to be told the newest position only.
-- Returns for each channel: epoch ("": no stream), top, base, newest event not kept of shelf 1 and 2, up to which offset the
-- list is complete (0: to the end), and in that list offset and event of each entry.
local run, now, beginning = here(KEYS[1]), clock()
local masks, most = {tonumber(ARGV[2]), tonumber(ARGV[3])}, tonumber(ARGV[4])
local all = {}
for i = 5, #ARGV, 2 do
  local n = (i - 3) / 2
  local meta = KEYS[3 * n - 1]
  local s = known(meta, run, ARGV[1], beginning)
  local since = tonumber(ARGV[i + 1])
  if not s then
    all[n] = {'', '0', '0', '0', '0', '0', {}}
  elseif since < 0 then
    all[n] = {s.epoch, num(s.top), num(s.base), '0', '0', '0', {}}
  else
    if ARGV[i] ~= '' and ARGV[i] ~= s.epoch then since = s.base end
    local list, gone, upto = {}, {}, 0
    for shelf = 1, 2 do
      local key = KEYS[3 * n - 1 + shelf]
      gone[shelf] = num(lost(s, shelf, key, now))
      if s.top > since and collect(list, key, masks[shelf], since, false, most) then
        local last = tonumber(list[#list - 1])
        if upto == 0 or last < upto then upto = last end
      end
    end
    all[n] = {s.epoch, num(s.top), num(s.base), gone[1], gone[2], num(upto), list}
  end
end
return all

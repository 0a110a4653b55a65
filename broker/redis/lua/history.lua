-- KEYS: who is here, meta, s, p.
-- ARGV: a fresh epoch, mask, masks of shelf 1 and 2, epoch and offset to begin after (empty: none), limit (-1: none), reverse.
-- Returns nothing if there is no stream; epoch, top, "lost"; or epoch, top, "", more, and offset and event of each entry. The
-- entries of shelf 2 follow those of shelf 1.
local run, now, beginning = here(KEYS[1]), clock()
local mask, limit, reverse = tonumber(ARGV[2]), tonumber(ARGV[7]), ARGV[8] == '1'
local masks = {tonumber(ARGV[3]), tonumber(ARGV[4])}
local s = known(KEYS[2], run, ARGV[1], beginning)
if not s then return {} end
local since = nil
if ARGV[6] ~= '' then since = tonumber(ARGV[6]) end
local gone = 0
for shelf = 1, 2 do
  if bit.band(mask, masks[shelf]) ~= 0 then
    gone = math.max(gone, lost(s, shelf, KEYS[2 + shelf], now))
  end
end
if since and (ARGV[5] ~= s.epoch or since > s.top or (not reverse and since < gone)) then
  return {s.epoch, num(s.top), 'lost'}
end
local out, more = {s.epoch, num(s.top), '', '0'}, false
for shelf = 1, 2 do
  local m = bit.band(mask, masks[shelf])
  if m ~= 0 and collect(out, KEYS[2 + shelf], m, since, reverse, limit) then more = true end
end
if more then out[4] = '1' end
return out

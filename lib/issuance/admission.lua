-- Admits one user or many: the whole decision, atomically, in the order of the promise.
--
-- KEYS  1 coupon:{c}:meta    HASH   state quota opens_at closes_at epoch run_id seq gap outbox_max
--       2 coupon:{c}:users   HASH   user -> "seq|stream id"
--       3 coupon:{c}:outbox  STREAM one entry for each call: epoch, at, relay (1 or none), then a field
--                            for each winner
-- ARGV  1 run_id of this server, as the connection read it
--       2 1: whoever asks leaves the winners to the relay; 0: he hands them over himself
--       3… the users, 1 to 1000 of them
--
-- Returns {verdict, stream id, epoch, now in ms, answer…}, one answer for each user:
--   integer > 0   admitted now, with this seq
--   "seq|id"      admitted before (or earlier in this call): never a second coupon
--   0             not admitted; the verdict says why
-- Verdicts: OK (a 0 then means sold out), NOT_OPEN, CLOSED, BUSY, and these, for which nothing was
-- decided and no answer follows: UNINIT, FENCED, CORRUPT, RECOVERING, RESETTING.
local meta, users, outbox = KEYS[1], KEYS[2], KEYS[3]
local field = redis.call('HMGET', meta, 'state', 'quota', 'opens_at', 'closes_at', 'epoch',
                         'run_id', 'seq', 'gap', 'outbox_max')
local state, run_id = field[1], field[6]

if not state then return {'UNINIT'} end
if run_id ~= ARGV[1] then return {'FENCED'} end
if state == 'recovering' then return {'RECOVERING'} end
if state == 'resetting' then return {'RESETTING'} end

-- Whole numbers that a double holds exactly, or nil.
local function whole(text)
  local number = text and string.match(text, '^%d+$') and tonumber(text)
  return number and number <= 9007199254740991 and number or nil
end
local quota, opens_at, closes_at = whole(field[2]), whole(field[3]), whole(field[4])
local epoch, seq, gap, outbox_max = whole(field[5]), whole(field[7]), whole(field[8]), whole(field[9])
if not (quota and opens_at and closes_at and epoch and seq and gap and outbox_max) then
  return {'CORRUPT'}
end
local admitted = redis.call('HLEN', users)
if admitted ~= seq - gap then return {'CORRUPT'} end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local verdict = 'OK'
if state ~= 'open' or (closes_at > 0 and now >= closes_at) then
  verdict = 'CLOSED'
elseif now < opens_at then
  verdict = 'NOT_OPEN'
elseif redis.call('XLEN', outbox) >= outbox_max then
  verdict = 'BUSY'
end

local known = redis.call('HMGET', users, unpack(ARGV, 3))
local answers = {verdict, '', epoch, now}
local entry = {}      -- what XADD gets: user, seq, …
local winners = {}    -- user -> seq, of this call
local repeats = {}    -- places in answers that get "seq|id" once the id is known
for i = 1, #ARGV - 2 do
  local user = ARGV[i + 2]
  if known[i] then
    answers[i + 4] = known[i]
  elseif winners[user] then
    answers[i + 4] = 0
    repeats[i + 4] = winners[user]
  elseif verdict == 'OK' and admitted < quota then
    admitted, seq = admitted + 1, seq + 1
    winners[user] = seq
    answers[i + 4] = seq
    entry[#entry + 1] = user
    entry[#entry + 1] = string.format('%.0f', seq)
  else
    answers[i + 4] = 0
  end
end
if #entry == 0 then return answers end

-- The only write that can fail goes first: Lua does not roll back.
local fields = {'epoch', string.format('%.0f', epoch), 'at', string.format('%.0f', now)}
if ARGV[2] == '1' then fields[5], fields[6] = 'relay', '1' end
for i = 1, #entry do fields[#fields + 1] = entry[i] end
local id = redis.call('XADD', outbox, '*', unpack(fields))
for i = 2, #entry, 2 do entry[i] = entry[i] .. '|' .. id end
redis.call('HSET', users, unpack(entry))
redis.call('HSET', meta, 'seq', string.format('%.0f', seq))
answers[2] = id
for place, number in pairs(repeats) do answers[place] = string.format('%.0f', number) .. '|' .. id end
return answers

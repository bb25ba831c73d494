-- Begins a campaign's epoch in Redis, closed, where nothing of the campaign is there.
--
-- KEYS  1 coupon:{c}:meta   2 coupon:{c}:users   3 coupon:{c}:outbox
-- ARGV  1 quota  2 opens_at  3 closes_at (ms, 0: no bound)  4 epoch  5 run_id of this server
--       6 outbox_max
--
-- Returns 1; 0 if one of the keys is there: then nothing was written.
if redis.call('EXISTS', KEYS[1], KEYS[2], KEYS[3]) > 0 then return 0 end
redis.call('HSET', KEYS[1], 'state', 'closed', 'quota', ARGV[1], 'opens_at', ARGV[2],
           'closes_at', ARGV[3], 'epoch', ARGV[4], 'run_id', ARGV[5], 'seq', 0, 'gap', 0,
           'outbox_max', ARGV[6])
return 1

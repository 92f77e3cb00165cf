"""Lanes: one stream for each destination, in order; which is due next; who works on it.

All scripts of this module touch one shard. A lane is worked on by one sender at a time: ``claim`` leases
it and hands out a fencing number; ``intent``, ``sent`` and ``put_off`` do nothing for a sender whose
number is no longer the lane's. Between tenants the senders go round: a workspace with a thousand due
lanes waits behind one with a single lane after each card, and one that has its share of a process under way is passed over.
"""

from __future__ import annotations

from typing import Final

from bot.store.database import Script

MS: Final = 1000

_READY: Final = """
    local function place(prefix, workspace)
      -- A workspace is due with its first lane, but not before the others that wait since its last turn.
      local first = redis.call('ZRANGE', prefix .. 'ready:' .. workspace, 0, 0, 'WITHSCORES')
      if first[2] then
        local turn = tonumber(redis.call('HGET', prefix .. 'turns', workspace) or '0')
        redis.call('ZADD', prefix .. 'ready', math.max(tonumber(first[2]), turn), workspace)
      else
        redis.call('ZREM', prefix .. 'ready', workspace)
        redis.call('HDEL', prefix .. 'turns', workspace)
      end
    end
    local function ready(prefix, workspace, lane, due)
      redis.call('ZADD', prefix .. 'ready:' .. workspace, due, lane)
      place(prefix, workspace)
    end
    local function unready(prefix, workspace, lane)
      redis.call('ZREM', prefix .. 'ready:' .. workspace, lane)
      place(prefix, workspace)
    end
    local function wake(prefix, workspace, lane, now)
      -- Due now, unless somebody works on it: then it is due when he ends, or when his lease does.
      if redis.call('EXISTS', prefix .. 'lease:' .. lane) == 0 then ready(prefix, workspace, lane, now) end
    end
    local function append(prefix, workspace, lane, key, now)
      redis.call('XADD', prefix .. 'lane:' .. lane, '*', 'key', key)
      if not redis.call('ZSCORE', prefix .. 'ready:' .. workspace, lane) then
        ready(prefix, workspace, lane, now)
      end
    end
"""

PLAN = Script(
    "plan",
    _READY
    + """
    -- KEYS: delivery, later, digests.  ARGV: prefix, workspace, lane, key, due ms, now ms, expiry ms, state,
    --       subscription id, paper id, score, count of field/value pairs, pairs, then reason pairs to merge in
    local prefix, workspace, lane, key = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
    local due, now, wanted, holder = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[8], ARGV[9]
    local fields = tonumber(ARGV[12])
    local state = redis.call('HGET', KEYS[1], 'state')
    local made = 0
    if not state then
      made = 1
      redis.call('HSET', KEYS[1], 'state', wanted, 'holder', holder, unpack(ARGV, 13, 12 + fields * 2))
      redis.call('PEXPIRE', KEYS[1], ARGV[7])
      state = wanted
    elseif state == 'pending' and wanted == 'planned' and not redis.call('HGET', KEYS[1], 'digest') then
      -- An instant subscription of the same channel wants it now: it leaves the digest it waited in.
      made = 1
      redis.call('ZREM', prefix .. 'pending:' .. redis.call('HGET', KEYS[1], 'holder'), ARGV[10])
      redis.call('HSET', KEYS[1], 'state', wanted, 'holder', holder, 'due', ARGV[5])
      state = wanted
    end
    if made == 1 and wanted == 'planned' then
      if due <= now then append(prefix, workspace, lane, key, now)
      else redis.call('ZADD', KEYS[2], due, key) end
    end
    if state == 'pending' and wanted == 'pending' and made == 0 and due > 0 then
      -- A paused or removed subscription gathers for nobody: the one that is alive takes the paper over.
      local former = redis.call('HGET', KEYS[1], 'holder')
      if former ~= holder and not redis.call('ZSCORE', KEYS[3], former) then
        redis.call('ZREM', prefix .. 'pending:' .. former, ARGV[10])
        redis.call('HSET', KEYS[1], 'holder', holder)
      end
    end
    if state == 'pending' and wanted == 'pending' and redis.call('HGET', KEYS[1], 'holder') == holder
       and not redis.call('HGET', KEYS[1], 'digest') then
      redis.call('ZADD', prefix .. 'pending:' .. holder, ARGV[11], ARGV[10])
      if due > 0 then redis.call('ZADD', KEYS[3], 'NX', due, holder) end
    end
    if made == 1 or state == 'planned' or state == 'pending' then
      for at = 13 + fields * 2, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[at], ARGV[at + 1]) end
    end
    return made
    """,
)
"""Write a delivery once. A later plan under the same key only adds its reasons while it is not sent.

With state ``pending`` the paper waits in the digest of its subscription, whose due time is set if it
has none (0 = none yet: the subscription is paused).
"""

PROMOTE = Script(
    "promote",
    _READY
    + """
    -- KEYS: later.  ARGV: prefix, now ms, count
    local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
    for _, key in ipairs(due) do
      local record = redis.call('HMGET', ARGV[1] .. 'd:' .. key, 'workspace', 'lane', 'state')
      if record[1] and record[3] == 'planned' then append(ARGV[1], record[1], record[2], key, ARGV[2]) end
      redis.call('ZREM', KEYS[1], key)
    end
    return #due
    """,
    even_full=True,
)
"""Move deliveries whose time has come from ``later`` into their lanes."""

CLOSE = Script(
    "close-digest",
    _READY
    + """
    -- KEYS: digest delivery, pending, digests, closed.  ARGV: prefix, workspace, lane, key, now ms, expiry ms,
    --       subscription id, next due ms ('' = none), due ms ('' = outside its schedule), count of pairs, pairs, then for each paper in it
    --       its id and the key of its own delivery
    local fields = tonumber(ARGV[10])
    if ARGV[8] == '' then redis.call('ZREM', KEYS[3], ARGV[7])
    else redis.call('ZADD', KEYS[3], ARGV[8], ARGV[7]) end
    if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
    if #ARGV < 11 + fields * 2 then return 0 end
    redis.call('HSET', KEYS[1], 'state', 'planned', unpack(ARGV, 11, 10 + fields * 2))
    redis.call('PEXPIRE', KEYS[1], ARGV[6])
    if ARGV[9] ~= '' then redis.call('HSET', KEYS[4], ARGV[7], ARGV[9]) end
    for at = 11 + fields * 2, #ARGV, 2 do
      redis.call('ZREM', KEYS[2], ARGV[at])
      redis.call('HSET', ARGV[1] .. 'd:' .. ARGV[at + 1], 'digest', ARGV[4])
    end
    append(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
    return 1
    """,
)
"""Freeze what a digest holds, once for its period, and put it into the lane."""

CLAIM = Script(
    "claim",
    _READY
    + """
    -- KEYS: ready, fence.  ARGV: prefix, worker, now ms, lease ms, then the workspaces to pass over
    local prefix, now, lease = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
    local over = {}
    for at = 5, #ARGV do over[ARGV[at]] = true end
    for _ = 1, 20 do
      local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. (now + 1), 'LIMIT', 0, #ARGV - 3)
      local workspace
      for _, one in ipairs(due) do
        if not over[one] then workspace = one break end
      end
      if not workspace then
        local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        return {0, first[2] or ''}
      end
      local lanes = prefix .. 'ready:' .. workspace
      local lane = redis.call('ZRANGEBYSCORE', lanes, '-inf', now, 'LIMIT', 0, 1)[1]
      if not lane then
        place(prefix, workspace)
      else
        local stream = prefix .. 'lane:' .. lane
        redis.pcall('XGROUP', 'CREATE', stream, 'send', '0', 'MKSTREAM')
        local again = redis.call('XAUTOCLAIM', stream, 'send', ARGV[2], 0, '0-0', 'COUNT', 1)
        local entry, lost = again[2][1], again[3] or {}
        if not entry then
          local fresh = redis.call('XREADGROUP', 'GROUP', 'send', ARGV[2], 'COUNT', 1, 'STREAMS', stream, '>')
          if fresh and fresh[1] then entry = fresh[1][2][1] end
        end
        if not entry then
          redis.call('DEL', stream)
          redis.call('DEL', prefix .. 'lease:' .. lane)
          unready(prefix, workspace, lane)
          if #lost > 0 then return {3, lane, #lost} end
        else
          local fence = redis.call('INCR', KEYS[2])
          redis.call('HSET', prefix .. 'lease:' .. lane, 'owner', ARGV[2], 'fence', fence, 'until', now + lease)
          -- Its turn is over: others that are due come first. The thousandth tells turns of one millisecond apart.
          redis.call('HSET', prefix .. 'turns', workspace, string.format('%.3f', now + (fence % 1000) / 1000))
          ready(prefix, workspace, lane, now + lease)
          local key = entry[2][2]
          local record = prefix .. 'd:' .. key
          -- Whoever sees it through to any end, or has made its card, takes this count away again.
          if redis.call('EXISTS', record) == 1 then redis.call('HINCRBY', record, 'taken', 1) end
          return {1, workspace, lane, entry[1], key, fence, redis.call('HGETALL', record)}
        end
      end
    end
    return {0, tostring(now)}
    """,
    even_full=True,
)
"""Lease the lane that has been due longest, and take the head of it."""

_OWNED: Final = """
    local function owned(prefix, lane, worker, fence)
      local held = redis.call('HMGET', prefix .. 'lease:' .. lane, 'owner', 'fence')
      return held[1] == worker and held[2] == fence
    end
"""

INTENT = Script(
    "intent",
    _READY
    + _OWNED
    + """
    -- KEYS: delivery.  ARGV: prefix, workspace, lane, worker, fence, now ms, lease ms, how many took it up, this one included
    if not owned(ARGV[1], ARGV[3], ARGV[4], ARGV[5]) then return {0, ''} end
    local state = redis.call('HGET', KEYS[1], 'state')
    if state ~= 'planned' and state ~= 'intent' then return {2, state or ''} end
    local now, lease = tonumber(ARGV[6]), tonumber(ARGV[7])
    redis.call('HSET', ARGV[1] .. 'lease:' .. ARGV[3], 'until', now + lease)
    ready(ARGV[1], ARGV[2], ARGV[3], now + lease)
    local doubt = redis.call('HGET', KEYS[1], 'doubt') or ''
    if doubt == '' then redis.call('HSET', KEYS[1], 'doubt', ARGV[6]) end
    if doubt ~= '' then redis.call('HINCRBY', ARGV[1] .. 'outcomes', 'unknown', 1) end
    redis.call('HSET', KEYS[1], 'state', 'intent', 'intent', ARGV[6], 'worker', ARGV[4], 'taken', ARGV[8])
    redis.call('HSETNX', KEYS[1], 'first', ARGV[6])
    return {1, doubt, tonumber(redis.call('HGET', KEYS[1], 'attempts') or '0') + 1}
    """,
    even_full=True,
)
"""Say durably, before the send, that this attempt begins; also renews the lease."""

ACQUIT = Script(
    "acquit",
    _OWNED
    + """
    -- KEYS: delivery.  ARGV: prefix, workspace, lane, worker, fence
    if owned(ARGV[1], ARGV[3], ARGV[4], ARGV[5]) then redis.call('HDEL', KEYS[1], 'taken') end
    return 1
    """,
    even_full=True,
)
"""Its card could be made: while it waits for its moment, nobody dies of it."""

SETTLE = Script(
    "settle",
    _READY
    + _OWNED
    + """
    -- KEYS: delivery, index (sent or dead).  ARGV: prefix, workspace, lane, worker, fence, entry id, now ms,
    --       next ms, state (sent, dead; pending goes back to a digest; '' = leave it), expiry ms, key, count of
    --       pairs, pairs
    local fields = tonumber(ARGV[12])
    local function note(state)
      redis.call('ZADD', KEYS[2], ARGV[7], ARGV[11])
      redis.call('HINCRBY', ARGV[1] .. 'outcomes', state, 1)
      if state == 'sent' then
        local posted = ARGV[1] .. 'posted:' .. ARGV[3]
        redis.call('ZADD', posted, ARGV[7], ARGV[11])
        redis.call('ZREMRANGEBYRANK', posted, 0, -301)
        redis.call('PEXPIRE', posted, ARGV[10])
      end
    end
    local blocked = redis.call('HEXISTS', ARGV[1] .. 'blocked', ARGV[3])
    local mine = owned(ARGV[1], ARGV[3], ARGV[4], ARGV[5])
    local state = redis.call('HGET', KEYS[1], 'state')
    if not mine then
      -- A late result still tells a fact: what was posted was posted. The new owner acknowledges it.
      if ARGV[9] == 'sent' and (state == 'intent' or state == 'planned') then
        redis.call('HSET', KEYS[1], 'state', 'sent', unpack(ARGV, 13, 12 + fields * 2))
        redis.call('HDEL', KEYS[1], 'doubt')
        note('sent')
      end
      return {0, 0, blocked}
    end
    redis.call('HDEL', KEYS[1], 'taken')
    if ARGV[9] ~= '' and (state == 'intent' or state == 'planned') then
      if state == 'intent' then redis.call('HINCRBY', KEYS[1], 'attempts', 1) end
      redis.call('HSET', KEYS[1], 'state', ARGV[9], unpack(ARGV, 13, 12 + fields * 2))
      if ARGV[9] ~= 'dead' then redis.call('HDEL', KEYS[1], 'doubt') end
      if ARGV[9] ~= 'pending' then note(ARGV[9]) end
    end
    redis.call('PEXPIRE', KEYS[1], ARGV[10])
    local stream = ARGV[1] .. 'lane:' .. ARGV[3]
    redis.call('XACK', stream, 'send', ARGV[6])
    redis.call('XDEL', stream, ARGV[6])
    redis.call('DEL', ARGV[1] .. 'lease:' .. ARGV[3])
    local more = redis.call('XLEN', stream)
    if more == 0 then
      redis.call('DEL', stream)
      unready(ARGV[1], ARGV[2], ARGV[3])
    else
      ready(ARGV[1], ARGV[2], ARGV[3], ARGV[8])
    end
    return {1, more, blocked}
    """,
    even_full=True,
)
"""Record that a delivery is sent or given up, and take it off the lane, if the lane is still ours.

Returns whether it was, how many entries the lane still has, and whether its destination took no cards before.
"""

PUT_OFF = Script(
    "put-off",
    _READY
    + _OWNED
    + """
    -- KEYS: delivery.  ARGV: prefix, workspace, lane, worker, fence, due ms, doubt ('keep', or its value), why,
    --       it was an attempt (1)
    if not owned(ARGV[1], ARGV[3], ARGV[4], ARGV[5]) then return 0 end
    redis.call('HDEL', KEYS[1], 'taken')
    if ARGV[9] == '1' then redis.call('HINCRBY', KEYS[1], 'attempts', 1) end
    if ARGV[7] ~= 'keep' then
      if ARGV[7] == '' then
        redis.call('HDEL', KEYS[1], 'doubt')
        redis.call('HSET', KEYS[1], 'state', 'planned')
      else redis.call('HSET', KEYS[1], 'doubt', ARGV[7]) end
    end
    if ARGV[8] ~= '' then redis.call('HSET', KEYS[1], 'why', ARGV[8]) end
    redis.call('DEL', ARGV[1] .. 'lease:' .. ARGV[3])
    ready(ARGV[1], ARGV[2], ARGV[3], ARGV[6])
    return 1
    """,
    even_full=True,
)
"""Give a lane back with its head still on it, due again later. Order within the lane is kept."""

RELEASE = Script(
    "release",
    _READY
    + """
    -- KEYS: digest delivery, blocked.  ARGV: prefix, workspace, lane, now ms, expiry ms, digest key, most,
    --       count of pairs, pairs.  Returns the number of papers gathered into one digest.
    local stream = ARGV[1] .. 'lane:' .. ARGV[3]
    local fields = tonumber(ARGV[8])
    redis.call('HDEL', KEYS[2], ARGV[3])
    local rows = redis.call('XRANGE', stream, '-', '+')
    local papers, ids = {}, {}
    for _, row in ipairs(rows) do
      local key = row[2][2]
      local record = redis.call('HMGET', ARGV[1] .. 'd:' .. key, 'kind', 'papers', 'state', 'doubt')
      if record[1] == 'paper' and record[3] == 'planned' and not record[4] then
        for _, id in ipairs(cjson.decode(record[2])) do table.insert(papers, id) end
        table.insert(ids, {row[1], key})
      end
    end
    local gathered = 0
    if #ids > tonumber(ARGV[7]) and redis.call('EXISTS', KEYS[1]) == 0 then
      gathered = #papers
      redis.call('HSET', KEYS[1], 'state', 'planned', 'papers', cjson.encode(papers), unpack(ARGV, 9, 8 + fields * 2))
      redis.call('PEXPIRE', KEYS[1], ARGV[5])
      for _, pair in ipairs(ids) do
        redis.pcall('XACK', stream, 'send', pair[1])
        redis.call('XDEL', stream, pair[1])
        local reasons = redis.call('HGETALL', ARGV[1] .. 'd:' .. pair[2])
        for at = 1, #reasons, 2 do
          if string.sub(reasons[at], 1, 2) == 'r:' then redis.call('HSETNX', KEYS[1], reasons[at], '[]') end
        end
        redis.call('HSET', ARGV[1] .. 'd:' .. pair[2], 'state', 'pending', 'digest', ARGV[6])
      end
      redis.call('XADD', stream, '*', 'key', ARGV[6])
    end
    if redis.call('XLEN', stream) > 0 then wake(ARGV[1], ARGV[2], ARGV[3], ARGV[4]) end
    return gathered
    """,
    even_full=True,
)
"""A destination takes cards again: what piled up becomes one digest, and the lane runs on."""

REPLAY = Script(
    "replay",
    _READY
    + """
    -- KEYS: delivery, dead.  ARGV: prefix, key, now ms, expiry ms
    local record = redis.call('HMGET', KEYS[1], 'state', 'workspace', 'lane')
    redis.call('ZREM', KEYS[2], ARGV[2])
    if record[1] ~= 'dead' then return 0 end
    redis.call('HSET', KEYS[1], 'state', 'planned', 'attempts', 0, 'due', ARGV[3])
    -- A doubt stays: what may have been posted is looked for before it is posted again.
    redis.call('HDEL', KEYS[1], 'first', 'intent', 'why', 'taken')
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
    append(ARGV[1], record[2], record[3], ARGV[2], ARGV[3])
    return 1
    """,
)
"""Put a delivery that was given up back into its lane, as if it had never been tried."""

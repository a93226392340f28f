"""Rate limiter of all processes of all hosts, in Redis: one Lua script, so one step, by the server's clock.

Three things it does not know, and is careful about: calls made while it was away (`missed`, and those of other hosts:
`unknown`), what was granted before a restart (the state is gone, and the server is up for less than a minute), and by
how much its clock has been set back (then all it knows of counts as granted now).
"""

from __future__ import annotations

import logging
from typing import Any

import redis

from contacts_ui.sealing.redis_circuit import GuardedRedis, RedisResting

from .host_share import HostShare
from .rate_limiter import BULK_COOLDOWN, MAX_PAUSE, WINDOW

log = logging.getLogger(__name__)

# KEYS: state, all, bulk and background grants. ARGV: per minute, burst, bulk, window, stand back, background, then of
# the asking host: calls that are not known here, whether other hosts may have made such, its calls of the last window,
# and the seconds for which nothing is granted in that case, 0 for the only host.
# Answers the milliseconds to wait; 0 is a grant. The same rules as HostRateLimiter.
_ACQUIRE = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1000000
local per, burst, bulk = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local window, back, background = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6] == '1'
local half, quarter = math.max(1, math.floor(per / 2)), math.max(1, math.floor(per / 4))
local rate = per / 60
local missed, unknown, pause = tonumber(ARGV[7]), ARGV[8] == '1', tonumber(ARGV[10])
local last = tonumber(redis.call('HGET', KEYS[1], 'at'))
if not last then
  local info = redis.pcall('INFO', 'server')
  local up = type(info) == 'string' and string.match(info, 'uptime_in_seconds:(%d+)')
  if not up or tonumber(up) < window then unknown, missed = pause > 0, tonumber(ARGV[9]) end
elseif last > now then
  for i = 2, 4 do
    local count = redis.call('LLEN', KEYS[i])
    redis.call('DEL', KEYS[i])
    for _ = 1, count do redis.call('LPUSH', KEYS[i], string.format('%.6f', now)) end
  end
  for _, name in ipairs({'at', 'blocked', 'bulk_blocked', 'refused'}) do
    local at = tonumber(redis.call('HGET', KEYS[1], name))
    if at and at > now then redis.call('HSET', KEYS[1], name, string.format('%.6f', now)) end
  end
end
for _ = 1, math.min(missed, per) do redis.call('LPUSH', KEYS[2], string.format('%.6f', now)) end
local s = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'blocked', 'bulk_blocked', 'refused')
local tokens = tonumber(s[1]) or burst
tokens = math.min(burst, tokens + math.max(0, now - (tonumber(s[2]) or now)) * rate)
if missed > 0 then tokens = math.max(math.min(tokens, 0), tokens - missed) end
if unknown then tokens = -pause * rate end
local wait = math.max(0, (1 - tokens) / rate, (tonumber(s[3]) or 0) - now)
local oldest = redis.call('LINDEX', KEYS[2], per - 1)
if oldest then wait = math.max(wait, tonumber(oldest) + window - now) end
if bulk then
  wait = math.max(wait, (1 + math.min(burst / 2, burst - 1) - tokens) / rate, (tonumber(s[4]) or 0) - now)
  wait = math.max(wait, (tonumber(s[5]) or -back) + back - now)
  local first = redis.call('LINDEX', KEYS[3], half - 1)
  if first then wait = math.max(wait, tonumber(first) + window - now) end
end
if background then
  wait = math.max(wait, (burst - tokens) / rate)
  local first, used = redis.call('LINDEX', KEYS[4], quarter - 1), redis.call('LINDEX', KEYS[2], half - 1)
  if first then wait = math.max(wait, tonumber(first) + window - now) end
  if used then wait = math.max(wait, tonumber(used) + window - now) end
end
if wait > 0 then
  redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.6f', now))
  if not bulk then redis.call('HSET', KEYS[1], 'refused', string.format('%.6f', now)) end
  for i = 1, 2 do redis.call('EXPIRE', KEYS[i], 300) end
  return math.ceil(wait * 1000)
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - 1), 'at', string.format('%.6f', now))
redis.call('LPUSH', KEYS[2], string.format('%.6f', now))
redis.call('LTRIM', KEYS[2], 0, per - 1)
if bulk then
  redis.call('LPUSH', KEYS[3], string.format('%.6f', now))
  redis.call('LTRIM', KEYS[3], 0, half - 1)
end
if background then
  redis.call('LPUSH', KEYS[4], string.format('%.6f', now))
  redis.call('LTRIM', KEYS[4], 0, quarter - 1)
end
for i = 1, 4 do redis.call('EXPIRE', KEYS[i], 300) end
return 0
"""

_PAUSE = """
local t = redis.call('TIME')
local till = tonumber(t[1]) + tonumber(ARGV[2])
if till > (tonumber(redis.call('HGET', KEYS[1], ARGV[1])) or 0) then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.3f', till))
end
redis.call('EXPIRE', KEYS[1], 300)
return 0
"""

_AVAILABLE = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1000000
local per, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local s = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'blocked')
local tokens = math.min(burst, (tonumber(s[1]) or burst) + math.max(0, now - (tonumber(s[2]) or now)) * per / 60)
local used = 0
for _, at in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  if tonumber(at) > now - tonumber(ARGV[3]) then used = used + 1 end
end
local blocked = math.max(0, (tonumber(s[3]) or 0) - now)
return {math.floor(math.max(0, math.min(tokens, per - used))), math.ceil(blocked * 1000)}
"""


class RedisRateLimiter:
    """Where Redis does not answer, the share of this host decides."""

    def __init__(self, url: str, name: str, per_minute: int, burst: int, share: HostShare) -> None:
        self._redis = GuardedRedis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)
        self._keys = [f"desk:{{{name}}}:{part}" for part in ("budget", "grants", "bulk", "background")]
        self._per_minute, self._burst, self._share = per_minute, burst, share
        self._acquire, self._pause, self._available = map(self._redis.register_script, (_ACQUIRE, _PAUSE, _AVAILABLE))

    def acquire(self, *, bulk: bool = False, background: bool = False) -> float:
        """0.0 when one call is granted, else the seconds until one may be. About 0.2 ms."""
        if self._per_minute < 1 or self._burst < 1:
            return WINDOW
        missed, unknown = self._share.unreported()
        kind = [int(bulk or background), WINDOW, BULK_COOLDOWN, int(background)]
        ours = [missed, int(unknown), self._share.used(), self._share.unknown_seconds]
        try:
            wait = int(_typed(self._acquire(self._keys, [self._per_minute, self._burst, *kind, *ours]))) / 1000
        except redis.RedisError as error:
            _log(error)
            return self._share.acquire(bulk=bulk, background=background)
        self._share.reported(missed)
        if not wait:
            self._share.record(bulk=bulk, background=background)
        return wait

    def pause(self, seconds: float, *, bulk_only: bool = False) -> None:
        """Grants nothing for so long, at most a minute."""
        self._share.pause(seconds, bulk_only=bulk_only)
        try:
            self._pause(self._keys[:1], ["bulk_blocked" if bulk_only else "blocked", min(seconds, MAX_PAUSE)])
        except redis.RedisError as error:
            _log(error)

    def available(self) -> tuple[int, float]:
        """Calls that would be granted now, and the seconds for which everything is blocked."""
        try:
            calls, blocked = _typed(self._available(self._keys, [self._per_minute, self._burst, WINDOW]))
        except redis.RedisError:
            return self._share.available()
        return int(calls), int(blocked) / 1000


def _log(error: redis.RedisError) -> None:
    if not isinstance(error, RedisResting):
        log.warning("gateway.redis.unreachable")


def _typed(answer: Any) -> Any:
    """The answer of a script. redis-py types it as perhaps a coroutine, which it is only for async clients."""
    return answer

"""Brute-force limits of sign-in: strict for an account from one network, loose for the account as a whole.

A known browser (known_browser.py) has counters of its own and no others, so nobody elsewhere can lock it out. For
everyone else a counter is a function of what was typed and from where. Whether there is such an account is not looked
up, so the limits cannot tell; user name and e-mail of one person are counted apart for the same reason.
Decided in docs/decisions/0025.
"""

from __future__ import annotations

import math
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from contacts_ui.gateway.lifetime import count

from . import attempt_counters as counters
from .known_browser import known_browser

MINUTE, HOUR = 60.0, 3600.0
FREE_FAILURES = 30  # of a name in an hour, from anywhere, before networks that have failed must pause
DOUBLES_EVERY = 10  # further failures
FIRST_PAUSE, LONGEST_PAUSE = 30.0, HOUR  # seconds
_LONGEST_NAME = 320  # characters that tell two names apart


class TooManyAttempts(Exception):
    """The attempt is refused and not counted. `wait` is how many seconds until one is accepted."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait

    def validation_error(self) -> ValidationError:
        """The error message of a form."""
        minutes = math.ceil(self.wait / MINUTE)
        wait = "a minute" if minutes <= 1 else f"{minutes} minutes"
        return ValidationError(f"Too many attempts. Wait {wait}, then try again.", code="too_many_login_attempts")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` failures of `subject` in any `seconds`."""

    kind: str
    subject: str
    count: int
    seconds: float

    @property
    def key(self) -> str:
        """Key of its counter."""
        return counters.key_of(self.kind, self.subject)

    def wait(self, times: Sequence[float], now: float) -> float:
        """Seconds until the next attempt is accepted."""
        recent = [at for at in times if at > now - self.seconds]
        return 0.0 if len(recent) < self.count else recent[-self.count] + self.seconds - now


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that is counted as failed until it is forgiven."""

    keys: tuple[str, ...]
    at: float

    def forgive(self) -> None:
        """It was right: takes it back from every counter."""
        if self.keys:
            counters.take_back(self.keys, self.at, time.time())


def growing_pause(here: Sequence[float], everywhere: Sequence[float], now: float) -> float:
    """Seconds that a network must still wait after its last failure, by the failures of the name from everywhere.

    A network without a failure waits for nothing: its first right password signs in while others are guessing.
    """
    failures = sum(at > now - HOUR for at in everywhere)
    if failures < FREE_FAILURES or not here:
        return 0.0
    pause = min(FIRST_PAUSE * 2.0 ** ((failures - FREE_FAILURES) // DOUBLES_EVERY), LONGEST_PAUSE)
    return max(here[-1] + pause - now, 0.0)


def may_submit(request: HttpRequest) -> bool:
    """True up to 30 sign-in forms a minute, right or wrong, of a known browser or an address. Counts this one."""
    browser = known_browser(request)
    here = _network(_address(request), ipv4=32, ipv6=64)  # one IPv6 customer has any number of addresses
    subject = ("browser forms", browser.name) if browser else ("forms", here)
    try:
        _begin([Limit(*subject, 30, MINUTE)])
    except TooManyAttempts:
        return False
    return True


def begin_password(request: HttpRequest, typed: str, user: User | None) -> Attempt:
    """Counts an attempt at a password. `user` matters for a known browser alone. Raises TooManyAttempts."""
    browser = known_browser(request)
    if browser is not None and user is not None and browser.knows(user):
        return _begin([_browser_limit("password", browser.name, user)])
    name, network = _folded(typed), network_of(_address(request))
    return _begin(
        [
            _address_limit(request),
            Limit("name and network", f"{network}|{name}", 5, 5 * MINUTE),
            Limit("name", name, 150, HOUR),
        ]
    )


def begin_factor(request: HttpRequest, user: User) -> Attempt:
    """Counts an attempt at the second factor of `user`, who has shown a password. Raises TooManyAttempts.

    Strict for the account from everywhere: a code has six digits.
    """
    browser = known_browser(request)
    if browser is not None and browser.knows(user):
        return _begin([_browser_limit("factor", browser.name, user)])
    return _begin([_address_limit(request), Limit("factor", str(user.pk), 5, 5 * MINUTE)])


def begin_passkey(request: HttpRequest) -> Attempt:
    """Counts an attempt to sign in by a passkey alone. Raises TooManyAttempts."""
    browser = known_browser(request)
    if browser is not None:
        return _begin([Limit("browser passkey", browser.name, 10, MINUTE)])
    return _begin([_address_limit(request)])


def begin_reset(request: HttpRequest, email: str) -> None:
    """Counts a request for a reset mail, by network as well: nobody elsewhere uses hers up. Raises TooManyAttempts."""
    address, name = _address(request), _folded(email)
    _begin(
        [
            Limit("reset address", _network(address, ipv4=32, ipv6=64), 10, MINUTE),
            Limit("reset", f"{network_of(address)}|{name}", 3, MINUTE),
        ]
    )


def may_mail(email: str) -> bool:
    """True up to five reset mails an hour to an address, whoever asks for them. Counts this one."""
    try:
        _begin([Limit("reset mails", _folded(email), 5, HOUR)])
    except TooManyAttempts:
        return False
    return True


def network_of(address: str) -> str:
    """The network of an address: IPv4 /24, IPv6 /48 (what one customer of a provider usually gets at most)."""
    return _network(address, ipv4=24, ipv6=48)


def _begin(limits: Sequence[Limit]) -> Attempt:
    now = time.time()
    if settings.ACCOUNT_RATE_LIMITS is False:  # django-allauth's own switch
        return Attempt((), now)
    with transaction.atomic():
        rows = counters.lock([limit.key for limit in limits], now)
        times = {limit.kind: rows[limit.key].times for limit in limits}
        wait = max(limit.wait(times[limit.kind], now) for limit in limits)
        if "name" in times:
            wait = max(wait, growing_pause(times["name and network"], times["name"], now))
        if wait <= 0:
            counters.add(rows.values(), now)
    counters.sweep(now)
    if wait > 0:
        count("sign_in_limited")
        raise TooManyAttempts(wait)
    return Attempt(tuple(rows), now)


def _browser_limit(kind: str, name: str, user: User) -> Limit:
    return Limit(f"browser {kind}", f"{name}|{user.pk}", 5, 5 * MINUTE)


def _address_limit(request: HttpRequest) -> Limit:
    return Limit("address", _network(_address(request), ipv4=32, ipv6=64), 10, MINUTE)


def _address(request: HttpRequest) -> str:
    """Raises PermissionDenied when the proxies do not say whose request it is."""
    return str(get_adapter().get_client_ip(request))


def _network(address: str, *, ipv4: int, ipv6: int) -> str:
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return str(ip_network((ip, ipv4 if ip.version == 4 else ipv6), strict=False))


def _folded(typed: str) -> str:
    """A name as the widest of our databases compares it: names that may find one account share a counter."""
    text = unicodedata.normalize("NFKC", typed.strip()[:_LONGEST_NAME]).upper().casefold()
    return unicodedata.normalize("NFKC", text)

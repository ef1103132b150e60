"""Configurations that are fetched over HTTP: with limits to size, time, redirects and hosts."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urljoin, urlsplit
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from imperator.monitors.answers import Absent, Answer, Page, Unusable
from imperator.monitors.delays import Delays, rest
from imperator.monitors.threads import run_in_thread
from imperator.process.launch import MAX_CONFIG_BYTES

__all__ = ["Pages"]

ANSWERING_SECONDS = 10.0
_MOST_REDIRECTS = 3
_FETCHES_AT_ONCE = 10
"""From one server: another one need not wait until that one answers."""
_REDIRECTS = (301, 302, 303, 307, 308)
_PASSING = (408, 425, 429)
"""Answers that say of themselves that they hold for now only, like all of 500 and above."""


class _PassingError(Exception):
    """What may be otherwise the next time."""


class _UnusableError(Exception):
    """What will be the same the next time."""


class Pages:
    """Fetches what it is asked for, each address by itself, until it knows.

    :param hosts: The hosts that may be asked. Empty: all but link-local ones, where clouds keep machines' secrets.
    :param hear: Told of each answer that is final, and of each failure.
    """

    def __init__(self, hosts: Sequence[str], hear: Callable[[str, Answer], None]) -> None:
        self._hosts = frozenset(hosts)
        self._hear = hear
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._woken: dict[str, asyncio.Event] = {}
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        connector = aiohttp.TCPConnector(resolver=_Resolver(self._hosts), force_close=True, limit=0)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=ANSWERING_SECONDS),
            headers={"Accept-Encoding": "identity", "User-Agent": "imperator"},
            auto_decompress=False,  # what is small packed may be large
        )

    def fetch(self, url: str, done: Callable[[asyncio.Task[None]], object]) -> None:
        """Fetch a page, anew if that is under way.

        :param done: Called with the task when it ended: what it raises is a bug of ours.
        """
        self.forget(url)
        self._woken[url] = asyncio.Event()
        task = self._tasks[url] = asyncio.create_task(self._fetch(url, self._woken[url]))
        task.add_done_callback(done)

    def forget(self, url: str) -> None:
        """Ask for a page no longer."""
        self._woken.pop(url, None)
        if (task := self._tasks.pop(url, None)) is not None:
            task.cancel()

    def look_now(self) -> None:
        """Try again at once what has failed."""
        for woken in self._woken.values():
            woken.set()

    async def close(self) -> None:
        """Ask for nothing any more."""
        tasks = list(self._tasks.values())
        for url in list(self._tasks):
            self.forget(url)
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._session.close()

    async def _fetch(self, url: str, woken: asyncio.Event) -> None:
        delays = Delays()
        turns = self._turns.setdefault(urlsplit(url).netloc, asyncio.Semaphore(_FETCHES_AT_ONCE))
        while True:
            try:
                async with turns:
                    answer: Answer = await self._ask(url)
            except _UnusableError as failure:
                answer = Unusable(str(failure))
            except _PassingError as failure:
                retry_seconds = delays.take_seconds()
                self._hear(url, Unusable(f"{failure}; asked again in {retry_seconds:g} s"))
                await rest(retry_seconds, woken)
                continue
            if self._tasks.get(url) is asyncio.current_task():
                del self._tasks[url], self._woken[url]
            self._hear(url, answer)
            return

    async def _ask(self, url: str) -> Page | Absent:
        try:
            async with asyncio.timeout(ANSWERING_SECONDS):
                return await self._follow(url)
        except TimeoutError as failure:
            raise _PassingError(
                f"it is not answered within {ANSWERING_SECONDS:g} s: see what its server does"
            ) from failure
        except aiohttp.InvalidURL as failure:
            raise _UnusableError("its URL, or one it leads to, cannot be asked: correct it") from failure
        except (aiohttp.ClientError, OSError, ValueError) as failure:
            raise _PassingError(f"it cannot be fetched ({failure or type(failure).__name__})") from failure

    async def _follow(self, first_url: str) -> Page | Absent:
        url = first_url
        for _ in range(_MOST_REDIRECTS + 1):
            self._check(url, first_url)
            async with self._session.get(url, allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await _read(response)
                url = urljoin(url, response.headers.get("Location", ""))
        raise _UnusableError(f"it leads through more than {_MOST_REDIRECTS} redirects: publish where it ends")

    def _check(self, url: str, first_url: str) -> None:
        """See that we may go there."""
        first, parts = urlsplit(first_url), urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https") or (parts.scheme == "http" and first.scheme.lower() == "https"):
            raise _UnusableError(f"it leads from {first.scheme} to {parts.scheme}, which is not followed: correct it")
        if self._hosts and host not in self._hosts:
            raise _UnusableError(
                f"{host} is none of the allowed hosts: add it to hosts= of the target, or correct the URL"
            )
        if not self._hosts and host != first.hostname:
            raise _UnusableError(f"it leads to another host, {host}: allow both with hosts= of the target")
        if not self._hosts and _is_forbidden(host):
            raise _UnusableError(f"{host} is link-local or nobody's address: allow it with hosts= of the target")


class _Resolver(AbstractResolver):
    """Finds addresses, and leaves out those that nobody may be sent to: what is checked is what is connected to."""

    def __init__(self, allowed_hosts: frozenset[str]) -> None:
        self._allowed_hosts = allowed_hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await run_in_thread(lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM))
        usable = [
            ResolveResult(hostname=host, host=str(address[0]), port=port, family=kind, proto=protocol, flags=0)
            for kind, _, protocol, _, address in found
            if host in self._allowed_hosts or not _is_forbidden(str(address[0]))
        ]
        if not usable:
            raise OSError(None, f"{host} has link-local addresses only")
        return usable

    async def close(self) -> None:
        return


def _is_forbidden(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False  # a name: its addresses are looked at when they are known
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified)


async def _read(response: aiohttp.ClientResponse) -> Page | Absent:
    if response.status >= 500 or response.status in _PASSING:
        raise _PassingError(f"its server answers {response.status}")
    if response.status != 200:
        return Absent(response.status)
    text = bytearray()
    async for piece in response.content.iter_chunked(16_384):
        text += piece
        if len(text) > MAX_CONFIG_BYTES:
            raise _UnusableError(
                f"its configuration has more than {MAX_CONFIG_BYTES:,} bytes, which is what uWSGI can be sent: "
                "move parts of it to a file and include that"
            )
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _UnusableError("its server packs the answer though it was asked not to: see its settings")
    return Page(bytes(text))

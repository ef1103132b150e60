"""One connection to ZooKeeper, for the loop: left for good, and made anew, when it breaks.

kazoo works in threads. It gets by with a single one here, a daemon's, which hands every answer and every event over to
the loop in the order in which they arrived; no call of ours waits for it.
"""

from __future__ import annotations

import asyncio
import encodings.idna  # noqa: F401  # looking up a host's name imports it, where our files may be out of reach already
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from kazoo.client import KazooClient
from kazoo.exceptions import KazooException, NoAuthError, NoNodeError
from kazoo.handlers.threading import SequentialThreadingHandler
from kazoo.protocol.states import KazooState, KeeperState, WatchedEvent, ZnodeStat
from kazoo.retry import KazooRetry

from imperator.monitors.zookeeper_address import Address

__all__ = ["Link", "LinkError", "SilentError", "Watch"]

_ANSWERING_SECONDS = 10.0
_MOST_QUESTIONS = 100
"""How many may be under way. kazoo's thread is woken for each with a byte through a socket, which would block us
somewhere between 200 and 300 of them while that thread is held up by a server that hangs."""

Watch = Callable[[WatchedEvent], None]


class LinkError(Exception):
    """The connection could not be made, or is lost."""


class SilentError(LinkError):
    """No server has answered in time."""


class Link:
    """A session with one member of the ensemble.

    :ivar lost_reason: Why it is of no use any more, or None.
    :ivar seen_zxid: The newest change that the server has told of.
    """

    def __init__(self, address: Address, seen_zxid: int, on_lost: Callable[[], None], limit_seconds: float) -> None:
        self.lost_reason: str | None = None
        self.seen_zxid = seen_zxid
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._connected = self._loop.create_future()
        self._questions = asyncio.Semaphore(_MOST_QUESTIONS)
        self._complaints = _NewestComplaint()
        self._client = self._make_client(address, limit_seconds / (address.hosts.count(",") + 1))

    @classmethod
    async def open(cls, address: Address, seen_zxid: int, on_lost: Callable[[], None], limit_seconds: float) -> Self:
        """Connect to one of the hosts, in any order.

        :param seen_zxid: The newest change that was seen: a member that does not know of it refuses us. 0: any will do.
        :param on_lost: Called when the connection breaks.
        :param limit_seconds: How long that may take. A server that is just starting may hear us and never answer.
        :raises LinkError: None can be connected to.
        :raises SilentError: None has answered in time.
        """
        link = cls(address, seen_zxid, on_lost, limit_seconds)
        try:
            link._client.start_async()
            async with asyncio.timeout(limit_seconds):
                await link._connected
        except TimeoutError:
            link.close()
            raise SilentError(link._complaints.newest or f"no answer within {limit_seconds:g} s") from None
        except BaseException:
            link.close()
            raise
        return link

    @property
    def is_read_only(self) -> bool:
        """Whether the server has lost the others of its ensemble."""
        return bool(self._client.client_state == KeeperState.CONNECTED_RO)

    def check(self) -> None:
        """Do nothing if it can still be used.

        :raises LinkError: It cannot.
        """
        if self.lost_reason is not None:
            raise LinkError(self.lost_reason)

    async def catch_up(self, path: str) -> None:
        """Return once the server knows all that the ensemble had agreed upon before. A read-only one is not asked."""
        if not self.is_read_only:
            await self._ask(lambda: self._client.sync_async(path))

    async def read(self, path: str, watch: Watch) -> tuple[bytes, ZnodeStat]:
        """Return a node's data and what the server knows about it. A change of it is told to the watch, once.

        :raises NoNodeError: It is not there, and is not watched.
        :raises NoAuthError: We may not.
        """
        data, stat = await self._ask(lambda: self._client.get_async(path, watch))
        return bytes(data or b""), stat

    async def list(self, path: str, watch: Watch) -> list[str]:
        """Return the names of a node's children. The next one that comes or goes is told to the watch.

        :raises NoNodeError: It is not there, and is not watched.
        :raises NoAuthError: We may not.
        """
        return list(await self._ask(lambda: self._client.get_children_async(path, watch)))

    async def exists(self, path: str, watch: Watch) -> bool:
        """Tell whether a node is there. The watch is told when that changes."""
        return await self._ask(lambda: self._client.exists_async(path, watch)) is not None

    async def _ask(self, question: Callable[[], Any]) -> Any:
        async with self._questions:
            self.check()
            answered = self._loop.create_future()
            question().rawlink(lambda result: _settle(answered, result))
            try:
                async with asyncio.timeout(_ANSWERING_SECONDS):
                    answer = await answered
                self.seen_zxid = max(self.seen_zxid, int(self._client.last_zxid))
                return answer
            except (NoNodeError, NoAuthError):
                raise
            except TimeoutError as failure:
                self._lose(f"no answer within {_ANSWERING_SECONDS:g} s")
                raise LinkError(self.lost_reason) from failure
            except KazooException as failure:
                self._lose(self._complaints.newest or str(failure) or type(failure).__name__)
                raise LinkError(self.lost_reason) from failure

    def close(self) -> None:
        """Let go of it without waiting for anything."""
        self._on_lost = lambda: None
        threading.Thread(target=self._end, name="imperator-zookeeper-end", daemon=True).start()

    def _end(self) -> None:
        with suppress(KazooException, OSError):
            self._client.stop()  # tells the server, and waits for the thread, which may be waiting for a dead host
            self._client.close()

    def _make_client(self, address: Address, host_seconds: float) -> Any:
        handler = _LoopHandler(self._loop, self._hear_end, host_seconds)
        client = KazooClient(
            hosts=address.hosts + address.path,  # with its node as root
            timeout=address.session_seconds,
            handler=handler,
            connection_retry=KazooRetry(max_tries=1, sleep_func=handler.sleep_func),
            logger=_make_logger(self._complaints),
            read_only=address.accepts_read_only,
            **_who_we_are(address),
            **_how_tls_is_made(address),
        )
        client.last_zxid = self.seen_zxid
        # The client's own state says more, and only at this moment.
        client.add_listener(lambda state: handler.into_loop.put(self._hear_state, state, client.client_state))
        return client

    def _hear_state(self, state: str, client_state: str) -> None:
        if state == KazooState.CONNECTED:
            if not self._connected.done():
                self._connected.set_result(None)
        elif client_state == KeeperState.AUTH_FAILED:
            self._lose("it refuses user and password")
        else:
            self._lose(self._complaints.newest or "the connection is lost")

    def _hear_end(self, failure: Exception | None) -> None:
        self._lose(self._complaints.newest or str(failure or "the connection is closed"))

    def _lose(self, reason: str) -> None:
        if self.lost_reason is not None:
            return
        self.lost_reason = reason
        if not self._connected.done():
            self._connected.set_exception(LinkError(reason))
        self._on_lost()


class _IntoLoop:
    """Stands where kazoo has queues between its threads."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def put(self, work: Callable[..., object], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits for it
            self._loop.call_soon_threadsafe(work, *arguments)


class _LoopHandler(SequentialThreadingHandler):  # type: ignore[misc]  # kazoo has no types
    """What kazoo starts its connection's thread with and calls back through.

    :param on_end: Called in the loop when that thread has ended, with what it failed with.
    :param host_seconds: How long a host may take until it accepts a connection.
    :ivar into_loop: Has functions called in the loop.
    """

    name = "imperator_loop_handler"
    running = True  # what is called back goes into the loop from the first moment to the last

    def __init__(
        self, loop: asyncio.AbstractEventLoop, on_end: Callable[[Exception | None], None], host_seconds: float
    ) -> None:
        super().__init__()
        self.into_loop = self.callback_queue = self.completion_queue = _IntoLoop(loop)
        self._on_end = on_end
        self._host_seconds = host_seconds

    def start(self) -> None:
        """Start none of kazoo's own workers."""

    def stop(self) -> None:
        """Wait for nothing."""

    def spawn(self, func: Callable[..., object], *args: object, **kwargs: object) -> threading.Thread:
        def run() -> None:
            failure: Exception | None = None
            try:
                func(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - handed to whoever connects
                failure = error
            self.into_loop.put(self._on_end, failure)

        thread = threading.Thread(target=run, name="imperator-zookeeper", daemon=True)
        thread.start()
        return thread

    def create_connection(self, *args: Any, **kwargs: Any) -> Any:
        # kazoo tries one host after the other, each for a session's time, or without a limit.
        return super().create_connection(*args, **{**kwargs, "timeout": self._host_seconds})

    def select(self, rlist: list[Any], wlist: list[Any], xlist: list[Any], timeout: float | None = None) -> Any:
        # What TLS has deciphered already the kernel knows nothing of: two answers in one record would wait for a third.
        if ready := [readable for readable in rlist if hasattr(readable, "pending") and readable.pending()]:
            return ready, [], []
        return super().select(rlist, wlist, xlist, timeout)


class _NewestComplaint(logging.Handler):
    """Keeps what kazoo last said about a connection: it raises none of that."""

    _SAYS_NOTHING = ("Transition to", "Failed connecting to Zookeeper")

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.newest = ""

    def emit(self, record: logging.LogRecord) -> None:
        if not record.getMessage().startswith(self._SAYS_NOTHING):
            failure = record.exc_info[1] if record.exc_info else None
            self.newest = str(failure) if failure is not None else record.getMessage()


def _make_logger(handler: logging.Handler) -> logging.Logger:
    """Make a logger that nobody else knows: at lower levels kazoo writes passwords."""
    logger = logging.Logger("kazoo", logging.WARNING)
    logger.addHandler(handler)
    return logger


def _settle(answered: asyncio.Future[Any], result: Any) -> None:
    if answered.done():
        return
    if result.exception is not None:
        answered.set_exception(result.exception)
    else:
        answered.set_result(result.value)


def _who_we_are(address: Address) -> dict[str, object]:
    if not address.credentials:
        return {}
    if not address.uses_sasl:
        return {"auth_data": [("digest", address.credentials)]}
    user, _, password = address.credentials.partition(":")
    return {"sasl_options": {"mechanism": "DIGEST-MD5", "username": user, "password": password}}


def _how_tls_is_made(address: Address) -> dict[str, object]:
    tls = address.tls
    if tls is None:
        return {}
    return {
        "use_ssl": True,
        "check_hostname": True,
        "ca": tls.ca,
        "certfile": tls.certificate,
        "keyfile": tls.key,
        "keyfile_password": "",  # OpenSSL would ask the terminal for one
    }

"""The way of a spec from its monitor to the Emperor: what its source says, then its attributes, then its socket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from imperator.monitors.attributes import AttributeFinder
from imperator.monitors.following import Following
from imperator.monitors.interface import Monitor
from imperator.monitors.on_demand import SocketFinder
from imperator.policy.vassal import VassalKey, VassalSpec
from imperator.settings import Settings

__all__ = ["Sources"]


class Sources:
    """All that is known of what is wanted.

    :param want: Told of each spec that is new or may have changed.
    :param unwant: Told of each vassal that is gone.
    :param known: Tells which vassals there are, to find those a listing does not hold.
    """

    def __init__(
        self,
        monitors: Sequence[Monitor],
        settings: Settings,
        want: Callable[[VassalSpec], None],
        unwant: Callable[[VassalKey], None],
        known: Callable[[], Iterable[VassalKey]],
    ) -> None:
        self._unwant = unwant
        self._known = known
        self._following = Following(monitors, self._present, self._gone, self._all_known)
        self._sockets = SocketFinder(settings.on_demand, want, self._following.refuse)
        self._attributes = AttributeFinder(settings.launching.collected_attributes, self._sockets.present)

    @property
    def unreadable(self) -> dict[VassalKey, str]:
        """Why entries cannot be taken."""
        return self._following.unreadable

    @property
    def unreachable(self) -> dict[str, str]:
        """Why sources cannot be reached."""
        return self._following.unreachable

    def start(self) -> None:
        """Begin to listen."""
        self._following.start()

    async def settled(self) -> None:
        """Return once every source has told what it holds, or that it cannot be reached."""
        await self._following.settled.wait()

    def stop(self) -> None:
        """Pass nothing on any more."""
        self._following.stop()
        self._attributes.stop()
        self._sockets.stop()

    async def stopped(self) -> None:
        """Return once every monitor has let go of its source."""
        await self._following.stopped()

    def waits_for(self, pid: int) -> bool:
        """Tell whether a child is a command whose exit status is waited for here."""
        return self._sockets.waits_for(pid)

    def _present(self, spec: VassalSpec) -> None:
        self._attributes.present(spec)

    def _all_known(self) -> Iterator[VassalKey]:
        yield from self._known()
        yield from self._attributes.pending()
        yield from self._sockets.pending()

    def _gone(self, key: VassalKey) -> None:
        self._attributes.gone(key)
        self._sockets.gone(key)
        self._unwant(key)

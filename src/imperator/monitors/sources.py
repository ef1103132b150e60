"""The way of a spec from its monitor to the Emperor: what its source says, then its attributes, then its socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from imperator.monitors.attributes import AttributeFinder
from imperator.monitors.following import Followed, Following
from imperator.monitors.interface import Monitor
from imperator.monitors.on_demand import SocketFinder
from imperator.monitors.standing import Standing
from imperator.policy.vassal import VassalKey, VassalSpec
from imperator.settings import Settings

__all__ = ["Sources"]


@dataclass(frozen=True, slots=True)
class _Expected:
    """A vassal that is on its way to the Emperor."""

    wanted: VassalSpec


class _Known(Mapping[VassalKey, Followed]):
    """Whom the Emperor has, and who is on the way there: a listing without them has to end them all.

    :param here: Whom the Emperor has.
    :param coming: Those on the way.
    """

    def __init__(self, here: Mapping[VassalKey, Followed], *coming: Mapping[VassalKey, VassalSpec]) -> None:
        self._here = here
        self._coming = coming

    def __getitem__(self, key: VassalKey) -> Followed:
        for specs in self._coming:
            if key in specs:
                return _Expected(specs[key])
        return self._here[key]

    def __iter__(self) -> Iterator[VassalKey]:
        return iter({*self._here}.union(*self._coming))

    def __len__(self) -> int:
        return len({*self._here}.union(*self._coming))


class Sources:
    """All that is known of what is wanted.

    :param want: Told of each spec that is new or may have changed.
    :param unwant: Told of each vassal that is gone.
    :param vassals: Those there are, as they change: to find whom a listing does not hold.
    """

    def __init__(
        self,
        monitors: Sequence[Monitor],
        settings: Settings,
        want: Callable[[VassalSpec], None],
        unwant: Callable[[VassalKey], None],
        vassals: Mapping[VassalKey, Followed],
    ) -> None:
        self._unwant = unwant
        self._following = Following(monitors, self._present, self._gone, lambda: self._known)
        tyrant = settings.launching.tyrant
        self._sockets = SocketFinder(settings.on_demand, want, self._following.refuse, tyrant=tyrant)
        self._attributes = AttributeFinder(settings.launching.collected_attributes, self._sockets.present)
        self._known = _Known(vassals, self._attributes.pending, *self._sockets.pending)

    @property
    def unreadable(self) -> dict[VassalKey, str]:
        """Why entries cannot be taken."""
        return self._following.unreadable

    @property
    def standings(self) -> dict[str, Standing]:
        """How each source stands."""
        return self._following.standings

    def tell_standings(self) -> None:
        """Log how each source stands."""
        self._following.tell_standings()

    def start(self) -> None:
        """Begin to listen."""
        self._following.start()

    def look_now(self) -> None:
        """Have every monitor compare with its source at once."""
        self._following.look_now()

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

    def _gone(self, key: VassalKey) -> None:
        self._attributes.gone(key)
        self._sockets.gone(key)
        self._unwant(key)

"""What a source that keeps no list has said so far."""

from __future__ import annotations

from imperator.monitors.complaints import Complaints
from imperator.monitors.entries import Refusal
from imperator.monitors.interface import Gone, Listing, News, Present, Unreadable
from imperator.policy.vassal import VassalSpec

__all__ = ["Muster"]

_MOST_REFUSED = 100
"""How many refused names are told of: whoever can send may invent names without end."""


class Muster:
    """The vassals that messages called up.

    :ivar complaints: Messages that concern no vassal.
    """

    def __init__(self) -> None:
        self.complaints = Complaints("(messages not understood)")
        self._specs: dict[str, VassalSpec] = {}
        self._refused: dict[str, str] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._specs

    def listing(self) -> Listing:
        """Return all that was said and still holds."""
        return Listing(tuple(self._specs.values()), dict(self._refused))

    def call(self, spec: VassalSpec) -> News:
        """Take a vassal in, or what is new of it."""
        self._specs[spec.name] = spec
        self._refused.pop(spec.name, None)
        return Present(spec)

    def confirm(self, name: str) -> News | None:
        """Take a vassal's entry for right again, as it was before it was refused. None: it was not."""
        spec = self._specs.get(name)
        return None if spec is None or self._refused.pop(name, None) is None else Present(spec)

    def refuse(self, refusal: Refusal) -> News | None:
        """Note an entry that cannot be taken; a vassal of its name goes on. None: it is known, or one of too many."""
        if self._refused.get(refusal.name) == refusal.reason:
            return None
        if refusal.name not in self._refused and len(self._refused) >= _MOST_REFUSED:
            self.complaints.add(f"{refusal.name!r}: {refusal.reason}")
            return None
        self._refused[refusal.name] = refusal.reason
        return Unreadable(refusal.name, refusal.reason)

    def dismiss(self, name: str) -> News | None:
        """Forget a name. None: it is not known."""
        refused = self._refused.pop(name, None)
        return None if self._specs.pop(name, None) is None and refused is None else Gone(name)

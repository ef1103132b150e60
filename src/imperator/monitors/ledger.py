"""What was told of each vassal, and what a new look at its file means against that."""

from __future__ import annotations

from imperator.monitors.files import SIGNATURE_BYTES, ConfigurationFile, Refused, Sight, has_content
from imperator.monitors.interface import Gone, Listing, Present, Unreadable
from imperator.policy.vassal import VassalSpec

__all__ = ["Ledger"]


class Ledger:
    """The last word on every name of one source.

    A version is a file's signature, followed by a counter where the signature alone does not tell: a file written twice
    within one tick of the kernel's clock has the same time and size as before. A file that was not changed has the same
    version in the next life of the Emperor too, so the counter is left out while it is zero.

    :param source: The ``source`` of every spec.
    :param way: The ``way`` of every spec.
    """

    def __init__(self, source: str, way: str) -> None:
        self._source = source
        self._way = way
        self.directory = ""
        self._specs: dict[str, VassalSpec] = {}
        self._refused: dict[str, Refused] = {}
        self._told_gone: set[str] = set()  # links that dangle now and did not always: gone, though something is there

    def __contains__(self, name: str) -> bool:
        return name in self._specs or name in self._refused

    def names(self) -> tuple[str, ...]:
        """Return all names that were told of and are not gone; safe to call from a survey's thread."""
        return (*self._specs, *self._refused)

    def agrees(self, name: str, sight: ConfigurationFile | Refused) -> bool:
        """Tell whether a look shows what was told before; safe to call from a survey's thread."""
        refused = self._refused.get(name)
        if isinstance(sight, Refused) or refused is not None:
            return refused == sight
        spec = self._specs.get(name)
        return (
            spec is not None
            and _version_of(spec)[:SIGNATURE_BYTES] == sight.signature
            and (spec.uid, spec.gid) == (sight.uid, sight.gid)
        )

    def held_content(self, name: str) -> bool:
        """Tell whether the file was not empty when it was last told of."""
        spec = self._specs.get(name)
        return spec is not None and has_content(_version_of(spec))

    def take(self, name: str, sight: Sight, *, rewritten: bool) -> Present | Gone | Unreadable | None:
        """Enter a look and return what is new by it.

        :param rewritten: The content was written or replaced, whatever the signature says.
        """
        match sight:
            case None:
                return self._take_gone(name)
            case Refused():
                return self._take_refused(name, sight)
            case ConfigurationFile():
                return self._take_file(name, sight, rewritten)

    def relist(self, sights: dict[str, Sight]) -> Listing:
        """Enter a look at everything: a name that is not in it is gone."""
        for name in [*self.names()]:
            if sights.get(name) is None:
                self._take_gone(name)
        for name, sight in sights.items():
            if sight is not None:
                self.take(name, sight, rewritten=False)
        return self.listing()

    def listing(self) -> Listing:
        """Return everything as it was last told."""
        unreadable = {name: refused.reason for name, refused in self._refused.items() if name not in self._told_gone}
        return Listing(tuple(spec for name, spec in self._specs.items() if name not in self._refused), unreadable)

    def _take_gone(self, name: str) -> Gone | None:
        if name not in self:
            return None
        self._specs.pop(name, None)
        self._refused.pop(name, None)
        self._told_gone.discard(name)
        return Gone(name)

    def _take_refused(self, name: str, refused: Refused) -> Gone | Unreadable | None:
        if self._refused.get(name) == refused:
            return None
        if refused.dangling and (name in self._specs or name in self._told_gone):
            self._specs.pop(name, None)
            self._refused[name] = refused
            self._told_gone.add(name)
            return Gone(name)
        self._refused[name] = refused
        self._told_gone.discard(name)
        return Unreadable(name, refused.reason)

    def _take_file(self, name: str, file: ConfigurationFile, rewritten: bool) -> Present | None:
        before = self._specs.get(name)
        spec = VassalSpec(
            name=name,
            source=self._source,
            version=_next_version(before, file, rewritten),
            modified=file.modified,
            directory=self.directory,
            way=self._way,
            uid=file.uid,
            gid=file.gid,
        )
        refused = self._refused.pop(name, None)
        self._told_gone.discard(name)
        if spec == before and refused is None:
            return None
        self._specs[name] = spec
        return Present(spec)


def _version_of(spec: VassalSpec) -> bytes:
    assert isinstance(spec.version, bytes)  # to all others it is anything that can be compared, but we made it
    return spec.version


def _next_version(before: VassalSpec | None, file: ConfigurationFile, rewritten: bool) -> bytes:
    if before is None:
        return file.signature
    version = _version_of(before)
    signature, counter = version[:SIGNATURE_BYTES], int.from_bytes(version[SIGNATURE_BYTES:], "little")
    same = signature == file.signature
    # A time that went back may come again with the next change: the counter keeps the versions apart.
    if (same and rewritten) or (not same and file.modified <= before.modified):
        counter += 1
    return file.signature + counter.to_bytes((counter.bit_length() + 7) // 8, "little")

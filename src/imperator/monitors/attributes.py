"""Attributes: what a vassal's configuration says to the Emperor, in a section of its own that uWSGI passes over."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from imperator.aside import Aside
from imperator.policy.vassal import VassalKey, VassalSpec, freeze_attributes

__all__ = ["AttributeFinder", "read_attributes", "with_attributes"]

_SECTION = "emperor"
_ENDING = ".ini"
_MOST_BYTES = 1 << 20
_MOST_VALUE = 4096
_BLANK = " \t\r"


class AttributeFinder:
    """Gives specs the attributes that their configurations hold and passes them on.

    :param names: The attributes to collect. Source: ``emperor-collect-attribute``.
    :param want: Told of each spec once they are known.
    """

    def __init__(self, names: Collection[str], want: Callable[[VassalSpec], None]) -> None:
        self._names = frozenset(names)
        self._want = want
        self._aside = Aside(self._find, lambda _, found: want(found))

    def present(self, spec: VassalSpec) -> None:
        """Pass on what is wanted of a vassal; a file is read elsewhere, and waited for."""
        if not self._names:
            self._want(spec)
        elif spec.config is not None or not spec.name.endswith(_ENDING):
            self._want(self._find(spec))
        else:
            self._aside.put(spec)

    @property
    def pending(self) -> Mapping[VassalKey, VassalSpec]:
        """What is not passed on yet."""
        return self._aside

    def gone(self, key: VassalKey) -> None:
        """Forget a vassal whose file may still be looked at."""
        self._aside.drop(key)

    def stop(self) -> None:
        """Pass nothing on any more."""
        self._aside.stop()

    def _find(self, spec: VassalSpec) -> VassalSpec:
        text = spec.config
        if text is None and spec.name.endswith(_ENDING):
            text = _read(os.path.join(spec.directory, spec.name), spec.uid)
        return with_attributes(spec, text or b"", self._names)


def with_attributes(spec: VassalSpec, text: bytes, names: Collection[str]) -> VassalSpec:
    """Return a spec with the attributes that its source gave it, and those that are collected of its configuration.

    What the source says counts more: whoever may write a configuration need not be who may write the source.

    :param text: The configuration's.
    :param names: What is collected.
    """
    said = read_attributes(text) if spec.name.endswith(_ENDING) else {}
    collected = {name: value for name, value in said.items() if name in names}
    return replace(spec, attributes=freeze_attributes({**collected, **dict(spec.attributes)}))


def read_attributes(text: bytes) -> dict[str, str]:
    """Read the section ``[emperor]`` of an ini text: the last value of each name.

    Nothing is replaced in it: no magic variable, no placeholder. What is too long to be meant is passed over.
    """
    attributes: dict[str, str] = {}
    section = ""
    for line in map(os.fsdecode, text.split(b"\n")):
        content = line.partition("\0")[0].strip(_BLANK)
        if not content or content[0] in ";#":
            continue
        if content[0] == "[":
            section = content[1:-1]
        elif section == _SECTION:
            name, _, value = content.partition("=")
            if len(value) <= _MOST_VALUE:
                attributes[name.rstrip(_BLANK)] = value.strip(_BLANK)
    return attributes


def _read(path: str, owner: int) -> bytes:
    """Read a configuration that its owner could read, too; of any other nothing is told to anybody."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:  # it is told of by whoever needs the file
        return b""
    try:
        status = os.fstat(descriptor)
        is_his_to_read = status.st_uid == owner or bool(status.st_mode & stat.S_IROTH)
        return os.read(descriptor, _MOST_BYTES) if stat.S_ISREG(status.st_mode) and is_his_to_read else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)

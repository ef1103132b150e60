"""How the value of an option reads. Each kind says what it takes, for help, manual and errors alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from imperator.process.capabilities import find_capability
from imperator.process.hooks import ACTIONS, read_hook
from imperator.process.namespaces import NAMESPACES

__all__ = [
    "Capabilities",
    "Choice",
    "Count",
    "Hook",
    "KeyValue",
    "Kind",
    "Namespaces",
    "Number",
    "Permissions",
    "Switch",
    "Text",
]


class Kind(Protocol):
    """What an option takes."""

    @property
    def metavar(self) -> str:
        """What stands for the value in help; empty where the option's name says it all."""
        ...

    @property
    def wanted(self) -> str:
        """What would be right, for people."""
        ...

    def read(self, text: str) -> object:
        """Return the value.

        :raises ValueError: The text is no such value.
        """
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """Any text but none: a path, a name, an address."""

    metavar: str

    @property
    def wanted(self) -> str:
        return f"a value ({self.metavar})"

    def read(self, text: str) -> str:
        """Return the text as it is."""
        if not text or "\0" in text:
            raise ValueError(text)
        return text


@dataclass(frozen=True, slots=True)
class KeyValue:
    """``KEY=VALUE``."""

    metavar: str = "KEY=VALUE"
    wanted: str = "KEY=VALUE"

    def read(self, text: str) -> str:
        """Return the text as it is: uWSGI takes it apart."""
        key, equals, _ = text.partition("=")
        if not key.strip() or not equals:
            raise ValueError(text)
        return text


@dataclass(frozen=True, slots=True)
class Switch:
    """On where the option stands alone; its value may say otherwise, in uWSGI's words.

    :param on: What the setting becomes when the switch is on.
    """

    on: bool = True
    metavar: str = ""
    wanted: str = "true or false"

    def read(self, text: str) -> bool:
        """Return the setting: where uWSGI takes any word for a yes, this takes those that mean it."""
        word = text.lower()
        if word in ("", "true", "on", "yes", "1"):
            return self.on
        if word in ("false", "off", "no", "0"):
            return not self.on
        raise ValueError(text)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of something.

    :param unit: What is counted: ``seconds``, ``milliseconds``.
    :param least: The smallest that makes sense.
    :param most: The largest.
    :param scale: What one of it is in the setting's own unit.
    """

    unit: str
    least: float
    most: float
    scale: float = 1.0

    @property
    def metavar(self) -> str:
        return {"seconds": "SECONDS", "milliseconds": "MS"}[self.unit]

    @property
    def wanted(self) -> str:
        return f"{self.unit}, {self.least:g} to {self.most:.0f}"

    def read(self, text: str) -> float:
        """Return the number in the setting's unit."""
        number = float(text)
        if not (math.isfinite(number) and self.least <= number <= self.most):
            raise ValueError(text)
        return number * self.scale


@dataclass(frozen=True, slots=True)
class Count:
    """How many of something: a whole number.

    :param least: The smallest that makes sense.
    :param most: The largest.
    """

    least: int
    most: int
    metavar: str = "N"

    @property
    def wanted(self) -> str:
        return f"a whole number, {self.least} to {self.most}"

    def read(self, text: str) -> int:
        """Return the number."""
        number = int(text)
        if not self.least <= number <= self.most:
            raise ValueError(text)
        return number


@dataclass(frozen=True, slots=True)
class Permissions:
    """Permissions in octal digits; none are uWSGI's own: for everybody."""

    metavar: str = "MODE"
    wanted: str = "permissions in octal digits, such as 660"

    def read(self, text: str) -> int:
        """Return the permissions as a number."""
        if not text:
            return 0o666
        if len(text) > 4 or not (text.isascii() and text.isdecimal()):
            raise ValueError(text)
        return int(text, 8) & 0o777


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]
    metavar: str = "WORD"

    @property
    def wanted(self) -> str:
        return "one of " + ", ".join(self.words)

    def read(self, text: str) -> str:
        """Return the word."""
        if text not in self.words:
            raise ValueError(text)
        return text


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Names of namespaces, with commas between them."""

    metavar: str = "NAMES"
    wanted: str = "namespaces with commas between them: " + ", ".join(NAMESPACES)

    def read(self, text: str) -> int:
        """Return the kernel's flags."""
        flags = 0
        for word in text.split(","):
            if word.strip() not in NAMESPACES:
                raise ValueError(word)
            flags |= NAMESPACES[word.strip()]
        return flags


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Names or numbers of capabilities, with commas between them."""

    metavar: str = "NAMES"
    wanted: str = "capabilities with commas between them, such as net_bind_service,chown"

    def read(self, text: str) -> tuple[int, ...]:
        """Return their numbers."""
        return tuple(sorted({find_capability(word.strip()) for word in text.split(",")}))


@dataclass(frozen=True, slots=True)
class Hook:
    """``ACTION:ARGUMENTS``."""

    metavar: str = "ACTION:ARGUMENTS"
    wanted: str = (
        "ACTION:ARGUMENTS with an action of "
        + ", ".join(ACTIONS)
        + " (those of uWSGI that call functions of its process, such as call, have none to call here: use exec)"
    )

    def read(self, text: str) -> str:
        """Return the text as it is."""
        read_hook(text)
        return text

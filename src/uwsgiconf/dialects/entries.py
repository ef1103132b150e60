"""One option as uWSGI holds it once it has read its configuration."""

from dataclasses import dataclass, field

from .faults import Place


@dataclass(slots=True)
class Entry:
    """One option, what it was given, and where that was written."""

    name: str
    value: str
    #: The file as it was named, empty for what came before any file.
    file: str
    #: Counted from 1.
    line: int
    #: Which reading of a section of a file brought it: the first has 1. Written by `Evaluation`, as is all below.
    reading: int = 0
    #: Whether it depends on a condition.
    conditional: bool = False
    #: Whether it only served reading: an include, a condition, a placeholder being set.
    spent: bool = False
    #: Whether uWSGI acted on it when it read it, so that nothing is replaced in it.
    settled: bool = False
    #: Whether it is what `set-placeholder` defined.
    placeholder: bool = False
    #: What it stands for, if the configuration declared it as an option.
    stands_for: list["Entry"] = field(default_factory=list, repr=False)

    @property
    def place(self) -> Place:
        """Where it was written."""
        return Place(self.file, self.line)

    @property
    def is_on(self) -> bool:
        """Whether a switch with this value is on: everything but false, off, no and 0 switches it on."""
        return self.value != "0" and self.value.lower() not in ("false", "off", "no")

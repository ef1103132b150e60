"""The references in what an evaluation holds: replacing them, and keeping track of which were made."""

from typing import NamedTuple

from .entries import Entry
from .host import Host
from .magic import decode
from .placeholders import EndlessReferenceError, Lookup, calculate, references, replace
from .sources import is_elsewhere, read_bytes


class Undefined(NamedTuple):
    """A reference to a name that nothing has."""

    entry: Entry
    name: str


class References:
    """Replaces references for one evaluation.

    :param host: Where environment variables and files are looked for.
    :param option: The value of the first option of a name, None if there is none.
    """

    def __init__(self, host: Host, option: Lookup) -> None:
        self._host = host
        self._option = option
        self._entry: Entry | None = None
        #: Every name that a `%(...)` or a condition asked for.
        self.used: set[str] = set()
        #: Those that were not there, once for each entry.
        self.undefined: list[Undefined] = []
        self._told: set[tuple[int, str]] = set()
        self._lookups: dict[str, Lookup] = {"$": self._variable, "@": self._content, "%": self._calculated}

    def replace(self, entry: Entry, symbol: str) -> None:
        """Replace what the value of an entry refers to with `$`, `@` or `%`.

        :raises EndlessReferenceError: when uWSGI would go on for ever.
        :raises DialectError: when a file that is referred to cannot be read.
        """
        self._entry, before = entry, entry.value
        try:
            for value in replace(before, symbol, self._lookups[symbol]):
                entry.value = value  # an option that refers to itself finds what is replaced so far
        except EndlessReferenceError:
            entry.value = before
            raise

    def ask(self, name: str) -> str | None:
        """The value of an option that a condition asks for."""
        self.used.add(name)
        return self._option(name)

    def note(self, entry: Entry) -> None:
        """Remember what a value refers to that nobody is going to replace."""
        for expression in references(entry.value, "%"):
            self.used.update(expression.split(" "))

    def _variable(self, name: str) -> str | None:
        return self._host.environ.get(name)

    def _content(self, name: str) -> str | None:
        if is_elsewhere(name):
            return None
        content = decode(read_bytes(name, relative_to=self._host.cwd)).partition("\0")[0]
        return content[:-1] if content.endswith(("\n", "\r")) else content

    def _calculated(self, expression: str) -> str | None:
        return calculate(expression, self._known)

    def _known(self, name: str) -> str | None:
        self.used.add(name)
        value = self._option(name)
        if value is None and self._entry is not None and (id(self._entry), name) not in self._told:
            self._told.add((id(self._entry), name))
            self.undefined.append(Undefined(self._entry, name))
        return value

"""Transformations: what routing rules can do to responses."""

from __future__ import annotations

from ..values import Path, key_values
from .routing_actions_vars import RouteAction


class ActionFlush(RouteAction):
    """Sends what the transformations before made of the response so far."""

    name = "flush"

    def __init__(self) -> None:
        super().__init__()


class ActionGzip(RouteAction):
    """Compresses the response with gzip."""

    name = "gzip"
    plugin = "transformation_gzip"

    def __init__(self) -> None:
        super().__init__()


class ActionUpper(RouteAction):
    """Writes the response in upper case."""

    name = "toupper"
    plugin = "transformation_toupper"

    def __init__(self) -> None:
        super().__init__()


class ActionChunked(RouteAction):
    """Sends the response in chunks."""

    name = "chunked"

    def __init__(self) -> None:
        super().__init__()


class ActionTemplate(RouteAction):
    """Replaces variables of routing in the response."""

    name = "template"

    def __init__(self) -> None:
        super().__init__()


class ActionToFile(RouteAction):
    """Writes the response into a file too, as a cache.

    :param filename: The file.
    :param mode: Its mode, in octal digits.
    """

    name = "tofile"
    plugin = "transformation_tofile"

    def __init__(self, filename: Path, *, mode: str | None = None) -> None:
        super().__init__(key_values({"filename": filename, "mode": mode}))


class ActionFixContentLen(RouteAction):
    """Corrects the header Content-Length.

    :param add_header: Add the header where there is none, instead of correcting one that is there.
    """

    name = "fixcl"

    def __init__(self, *, add_header: bool = False) -> None:
        super().__init__()
        self._add_header = add_header

    @property
    def written_name(self) -> str:
        """`fixcl` or `forcecl`."""
        if self._add_header is True:
            return "forcecl"
        # What was listed as the line for values that are true without being True, and what no uWSGI knows.
        return "forcexcl" if self._add_header else self.name

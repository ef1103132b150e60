"""The monitor of files, wherever they are."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from imperator.monitors.interface import News
from imperator.monitors.layout import ROOT, Layout
from imperator.monitors.ledger import Ledger
from imperator.monitors.outbox import Outbox
from imperator.monitors.vigil import Vigil
from imperator.settings import Watching

__all__ = ["FilesMonitor"]


class FilesMonitor:
    """Tells of the configuration files of one source: at once by inotify, and by a survey now and then.

    :param layout: Where the files are.
    """

    def __init__(self, layout: Layout, watching: Watching) -> None:
        self._layout = layout
        self._watching = watching
        self._ledger = Ledger(layout.source, layout.names_from)
        self._vigil: Vigil | None = None

    @property
    def source(self) -> str:
        return self._layout.source

    @property
    def is_polling(self) -> bool:
        """The kernel does not tell of all changes, so files are compared every few seconds."""
        return self._vigil is not None and self._vigil.is_deaf

    async def news(self) -> AsyncGenerator[News, None]:
        """Yield a listing as soon as the source can be reached, then whatever changes."""
        outbox = Outbox()
        self._vigil = vigil = Vigil(self._layout, self._watching, self._ledger, outbox)
        try:
            while True:
                for news in await outbox.fetch():
                    yield news
        finally:
            vigil.close()
            self._vigil = None

    def look_now(self) -> None:
        """Compare with the disk at once."""
        if self._vigil is not None:
            self._vigil.survey_soon(ROOT)

"""Vassals from one JSON file, `{"site.ini": "[uwsgi]\\n..."}`: `imperator json:///etc/vassals.json`."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path

from imperator.monitors import Delays, Entry, EntryReader, Listing, News, Unreachable, compare, rest, run_in_thread
from imperator.settings import Watching


class JsonMonitor:
    def __init__(self, rest_of_target: str, watching: Watching, directory: str) -> None:
        self._path = Path(directory, rest_of_target)
        self.source = f"json://{self._path}"
        self._reader = EntryReader(self.source, str(self._path.parent), watching.extra_extensions)
        self._woken = asyncio.Event()

    def look_now(self) -> None:
        self._woken.set()

    async def news(self) -> AsyncGenerator[News, None]:
        told, delays = None, Delays()
        while True:
            try:
                listing, seconds = await self._read(), 1.0
            except (OSError, TypeError, ValueError) as failure:
                told, seconds = None, delays.take_seconds()
                yield Unreachable(f"cannot be read ({failure}): correct it", seconds)
            else:
                for news in compare(told, listing) if told is not None else [listing]:
                    yield news
                told = listing
                delays.begin_anew()
            await rest(seconds, self._woken)

    async def _read(self) -> Listing:
        text = await run_in_thread(self._path.read_bytes)  # a slow disk holds up nobody
        return await self._reader.read_all(Entry(name, config, ts=0) for name, config in dict(json.loads(text)).items())

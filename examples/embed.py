"""An Emperor inside an asyncio program, beside whatever else the program does.

python examples/embed.py /etc/uwsgi/vassals
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from imperator import Emperor, Settings


async def tell_what_runs(emperor: Emperor, every_seconds: float) -> None:
    """Stand for the rest of the program: look at the vassals from time to time."""
    while True:
        vassals = emperor.stats()["vassals"]
        print(", ".join(f"{vassal['id']}: {vassal['phase']}" for vassal in vassals) or "no vassals", flush=True)
        await asyncio.sleep(every_seconds)


async def main(directory: str) -> None:
    """Rule over a directory until Ctrl-C; leaving the block stops every vassal."""
    interrupted = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupted.set)
    async with Emperor(Settings(targets=(directory,))) as emperor:
        await emperor.settled()  # every source has told what it holds
        telling = asyncio.create_task(tell_what_runs(emperor, every_seconds=2))
        await interrupted.wait()
        telling.cancel()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    logging.basicConfig(level=logging.INFO, format="[emperor] %(message)s")
    asyncio.run(main(sys.argv[1]))

"""The whole command around an Emperor that has no vassals: it writes down what it is told to do."""

from __future__ import annotations

import logging
import os
import resource
import sys
from typing import TYPE_CHECKING, Any, Self

from imperator.cli import main, run
from imperator.errors import ImperatorError

if TYPE_CHECKING:
    from imperator.control.reception import Reception
    from imperator.process.channel import ToVassal
    from imperator.settings import Settings


class StandIn:
    """Logs each call; `STAND_IN_FAILS` makes it fail to start, `STAND_IN_DIES` die without a word."""

    def __init__(self, settings: Settings, reception: Reception) -> None:
        import asyncio  # not before the command has decided how

        self._log = logging.getLogger("imperator.stand_in")
        self._settings = settings
        self._reception = reception
        self._end = asyncio.Event()

    async def __aenter__(self) -> Self:
        if os.environ.get("STAND_IN_DIES"):
            os._exit(3)
        if found := os.environ.get("STAND_IN_FAILS"):
            raise ImperatorError("binary", wanted="an executable", found=found, remedy="Install it.")
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        who = f"uid={os.getresuid()} gid={os.getresgid()} groups={os.getgroups()}"
        self._log.info("started in %s %s nofile=%s targets=%s", os.getcwd(), who, limits, self._settings.targets)
        await self._reception.open(self)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._reception.close()
        self._log.info("The Emperor is buried.")

    async def settled(self) -> None:
        return

    def stop(self, *, graceful: bool | None = None) -> None:
        self._log.info("told to stop" + (" gracefully" if graceful else ""))
        self._end.set()

    async def buried(self) -> None:
        await self._end.wait()

    def reload_all(self) -> None:
        self._log.info("told to reload all")

    def run_parent_hooks(self, message: ToVassal | None) -> None:
        self._log.info("told %s by our own Emperor", message)

    def log_states(self) -> None:
        self._log.info("told to log states")

    def clear_blacklist(self) -> None:
        self._log.info("told to clear the blacklist")

    def look_now(self) -> None:
        self._log.info("told to look now")

    def spawn(self, name: str) -> bool:
        return self._obeys("spawn", name)

    def reload(self, name: str) -> bool:
        return self._obeys("reload", name)

    def hold(self, name: str) -> bool:
        return self._obeys("hold", name)

    def _obeys(self, verb: str, name: str) -> bool:
        self._log.info("told to %s %s", verb, name)
        return True

    def reap_orphans(self) -> None:
        self._log.info("told to reap orphans")

    def report(self) -> dict[str, Any]:
        return {"pid": os.getpid(), "vassals": []}

    def status(self) -> str:
        return "The Emperor is governing 0 vassals"


if __name__ == "__main__":
    run.run.__defaults__ = (StandIn,)
    sys.exit(main())

"""Which configuration files are on demand, and where the Emperor listens for them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace

from imperator.aside import Aside
from imperator.monitors.address_file import (
    UntrustedAddressError,
    first_line,
    read_address,
    read_address_of_owner,
)
from imperator.policy.vassal import VassalKey, VassalSpec
from imperator.settings import OnDemand

__all__ = ["SocketFinder"]

_log = logging.getLogger(__name__)

_COMMANDS_AT_ONCE = 8
_COMMAND_SECONDS = 30.0


class SocketFinder:
    """Gives the specs of files their socket and passes them on.

    :param wanted: How sockets are found. The first of extension, directory and command that is set decides.
    :param want: Told of each spec once that is known.
    :param refuse: Told of a vassal whose socket could not be found out, and why.
    :param tyrant: Vassals run as owners, who have no say about where we listen with our rights.
    """

    def __init__(
        self,
        wanted: OnDemand,
        want: Callable[[VassalSpec], None],
        refuse: Callable[[VassalKey, str], None],
        *,
        tyrant: bool = False,
    ) -> None:
        self._tyrant = tyrant
        self._wanted = wanted
        self._want = want
        self._refuse = refuse
        self._reading = Aside(self._read, self._have_read)
        self._asking: dict[VassalKey, asyncio.Task[None]] = {}
        self._asked_for: dict[VassalKey, VassalSpec] = {}
        self._turns = asyncio.Semaphore(_COMMANDS_AT_ONCE)
        self._commands: set[int] = set()
        self._starting = 0

    def present(self, spec: VassalSpec) -> None:
        """Pass on what is wanted of a vassal, with its socket. A file or a command's answer is waited for elsewhere."""
        self.gone(spec.key)
        wanted = self._wanted
        if spec.socket is not None or spec.config is not None:
            self._want(spec)
        elif wanted.extension is not None:
            self._reading.put(spec)
        elif wanted.directory is not None:
            stem = os.path.splitext(os.path.basename(spec.name))[0]
            self._want(_with_socket(spec, os.path.join(wanted.directory, f"{stem}.socket")))
        elif wanted.command is not None:
            self._asked_for[spec.key] = spec
            self._asking[spec.key] = asyncio.create_task(self._ask(wanted.command, spec))
        else:
            self._want(spec)

    @property
    def pending(self) -> tuple[Mapping[VassalKey, VassalSpec], ...]:
        """What is not passed on yet."""
        return self._asked_for, self._reading

    def gone(self, key: VassalKey) -> None:
        """Forget a vassal whose file may still be read, or whose command may still be running."""
        self._reading.drop(key)
        self._asked_for.pop(key, None)
        task = self._asking.pop(key, None)
        if task is not None:
            task.cancel()

    def waits_for(self, pid: int) -> bool:
        """Tell whether a child is a command whose exit status is waited for here, or may be one that just starts."""
        return pid in self._commands or self._starting > 0

    def stop(self) -> None:
        """Pass nothing on any more."""
        self._reading.stop()
        for key in list(self._asking):
            self.gone(key)

    def _read(self, spec: VassalSpec) -> str | UntrustedAddressError | OSError:
        path = self._file_of(spec)
        try:
            return read_address_of_owner(path, spec.uid) if self._tyrant else read_address(path)
        except (UntrustedAddressError, OSError) as failure:
            return failure

    def _have_read(self, spec: VassalSpec, found: str | UntrustedAddressError | OSError) -> None:
        if isinstance(found, UntrustedAddressError):
            self._refuse(spec.key, str(found))
            return
        if isinstance(found, OSError):
            path = self._file_of(spec)
            _log.warning("%s: %s; its vassal is taken for one that is not on demand", path, found.strerror)
        self._want(_with_socket(spec, found if isinstance(found, str) else ""))

    def _file_of(self, spec: VassalSpec) -> str:
        return os.path.join(spec.directory, spec.name + (self._wanted.extension or ""))

    async def _ask(self, command: str, spec: VassalSpec) -> None:
        async with self._turns:
            try:
                output = await self._run(command, spec)
            except (OSError, TimeoutError, ChildProcessError) as failure:
                why = str(failure) or f"it took more than {_COMMAND_SECONDS:g} seconds"
                self._refuse(spec.key, f"its socket is not known, for the command {command!r} failed: {why}")
                return
            finally:
                if self._asking.get(spec.key) is asyncio.current_task():
                    del self._asking[spec.key], self._asked_for[spec.key]
        self._want(_with_socket(spec, first_line(output)))

    async def _start(self, command: str, spec: VassalSpec) -> asyncio.subprocess.Process:
        # It may be dead before we are told its number.
        self._starting += 1
        try:
            # The command is the administrator's and may be any shell line, which a vassal's name must never be.
            process = await asyncio.create_subprocess_exec(
                *("/bin/sh", "-c", f'{command} "$1"', "sh", spec.name),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                cwd=spec.directory,
            )
            self._commands.add(process.pid)
        finally:
            self._starting -= 1
        return process

    async def _run(self, command: str, spec: VassalSpec) -> bytes:
        process = await self._start(command, spec)
        try:
            async with asyncio.timeout(_COMMAND_SECONDS):
                output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            self._commands.discard(process.pid)
        if process.returncode != 0:
            raise ChildProcessError(f"it exited with {process.returncode}")
        return output


def _with_socket(spec: VassalSpec, address: str) -> VassalSpec:
    if not address:
        return spec
    is_path = ":" not in address and not address.startswith("@")
    return replace(spec, socket=os.path.join(spec.directory, address) if is_path else address)

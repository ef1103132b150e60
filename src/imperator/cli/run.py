"""Run an Emperor as a process of its own: everything around it, in the order in which it has to happen."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from imperator.errors import HostingError, ImperatorError, SettingsError
from imperator.hosting.daemon import Readiness, detach
from imperator.hosting.logfile import LogFile
from imperator.hosting.memory import import_asyncio_without_tls
from imperator.hosting.pidfile import Pidfile
from imperator.hosting.privileges import Identity, drop_privileges, find_identity
from imperator.hosting.subreaper import adopt_orphans
from imperator.log import LogHandler, start_logging
from imperator.process.limits import keep_descriptors, raise_descriptor_limit

if TYPE_CHECKING:
    from imperator.cli.origin import Origin
    from imperator.cli.reign import Governor, Reign
    from imperator.cli.vassalage import Vassalage
    from imperator.control.reception import Reception
    from imperator.settings import Settings

    Crown = Callable[[Settings, Reception], Governor]

__all__ = ["run"]

ENDED_AS_ASKED = 0
FAILED = 1
BAD_USAGE = 2

_log = logging.getLogger(__name__)

_SCHEMES_WITHOUT_TLS = ("dir", "glob", "ldapi", "pg", "zmq")
"""Their monitors never speak TLS through asyncio; that of pg:// is libpq's own."""


def crown_emperor(settings: Settings, reception: Reception) -> Governor:
    """Make the real Emperor: imported only now, after it is known what it needs.

    :raises SettingsError: A target is none.
    :raises ImperatorError: There is nothing to start vassals with.
    """
    from imperator.emperor import Emperor

    return Emperor(settings, descriptor_limit=raise_descriptor_limit(), reception=reception)


def run(settings: Settings, notes: Sequence[str], origin: Origin, crown: Crown = crown_emperor) -> int:
    """Run an Emperor until it is told to end.

    :param settings: What it was told.
    :param notes: What the log has to say about that.
    :param origin: How we were started, for an Emperor that is told to start again.
    :param crown: Makes the Emperor.
    :returns: 0: it ended as asked. 1: it failed, or the system refused something. 2: a setting cannot be right.
    """
    readiness = Readiness()
    with ExitStack() as at_end:
        try:
            keep_descriptors()
            owner = find_identity(settings.hosting.uid, settings.hosting.gid)
            log_file = _open_log(settings, owner)
            if settings.hosting.daemonize is not None and log_file is not None and not _is_vassal():
                readiness = detach(log_file.path)
            handler = _start_log(settings, log_file, notes)
            at_end.callback(handler.close)
            run_loop = _import_asyncio(settings)
            reign = _prepare(settings, crown, owner, origin, at_end)
            drop_privileges(owner, settings.hosting.capabilities)
            wants_restart = run_loop(reign.last(handler, log_file, readiness))
        except ImperatorError as error:
            return _failed(readiness, error)
        except OSError as error:
            return _failed(readiness, _unforeseen(error))
    return _start_again(origin) if wants_restart else ENDED_AS_ASKED


def _start_again(origin: Origin) -> int:
    """Become another process. Where privileges were dropped that may fail; our own Emperor then starts us as before."""
    try:
        origin.start_again()
    except OSError as error:
        sys.stderr.write(f"imperator: {_unforeseen(error)}\n")
        return FAILED


def _is_vassal() -> bool:
    """Whether another Emperor started us: a vassal that detaches would be taken for dead."""
    return "UWSGI_EMPEROR_FD" in os.environ


def _open_log(settings: Settings, owner: Identity | None) -> LogFile | None:
    """Open the log before leaving the directory we were started in: relative paths start there, as uWSGI's do."""
    path = settings.hosting.daemonize or settings.logging.path
    return None if path is None else LogFile(path, owner)


def _start_log(settings: Settings, log_file: LogFile | None, notes: Sequence[str]) -> LogHandler:
    if log_file is not None:
        log_file.take_over()
    handler = start_logging(settings.logging)
    if log_file is not None:
        handler.follow(log_file.has_moved)
        if settings.hosting.daemonize is not None and settings.logging.path is not None:
            _log.warning("--logto is not needed: --daemonize names the log file %s", log_file.path)
    for note in notes:
        _log.warning("%s", note)
    if settings.logging.lists_monitors:
        from imperator.monitors import schemes

        for scheme in schemes():
            _log.info("imperial monitor %s://", scheme)
    return handler


def _prepare(settings: Settings, crown: Crown, owner: Identity | None, origin: Origin, at_end: ExitStack) -> Reign:
    """Take all that takes the rights of the user we were started as: privileges are dropped after this.

    That includes imports, for our Python may be out of the new user's reach.
    """
    from imperator.cli.reign import HELD_UNTIL_ANSWERED, Reign
    from imperator.control.reception import Reception

    signal.pthread_sigmask(signal.SIG_BLOCK, HELD_UNTIL_ANSWERED)
    hosting = settings.hosting
    raise_descriptor_limit()
    if hosting.directory is not None:
        _enter(hosting.directory)
    reception = Reception(settings, owner)
    at_end.callback(reception.remove)
    emperor = crown(settings, reception)
    if hosting.pidfile is not None:
        pidfile = Pidfile(hosting.pidfile, owner)
        pidfile.write()
        at_end.callback(pidfile.remove)
    if hosting.procname is not None:
        from imperator.hosting.procname import set_process_name

        set_process_name(hosting.procname)
    if hosting.subreaper:
        adopt_orphans()
    vassalage = _swear_fealty(emperor, origin, settings) if _is_vassal() else None
    return Reign(emperor, vassalage, adopts_orphans=hosting.subreaper or os.getpid() == 1)


def _swear_fealty(emperor: Governor, origin: Origin, settings: Settings) -> Vassalage | None:
    """Be a vassal where somebody really made us one: an environment variable may be a leftover."""
    from imperator.cli.vassalage import Vassalage
    from imperator.control.parent import Parent

    parent = Parent.from_environment()
    return None if parent is None else Vassalage(parent, emperor, origin, settings)


def _enter(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError as error:
        raise HostingError(
            f"directory {directory}",
            wanted="to go there first",
            found=error.strerror or str(error),
            remedy="Create it and allow our user to enter it, or leave chdir out.",
        ) from error


def _import_asyncio(settings: Settings) -> Callable[[Coroutine[Any, Any, bool]], bool]:
    """Import what asyncio is needed for, TLS only where a source may speak it, and return what runs its loop."""
    if all(_needs_no_tls(target) for target in settings.targets):
        import_asyncio_without_tls()
    from imperator.monitors.threads import run_loop  # imports asyncio

    return run_loop


def _needs_no_tls(target: str) -> bool:
    """Whether a target's monitor never speaks TLS through asyncio."""
    scheme, separator, _ = target.partition("://")
    return not separator or scheme in _SCHEMES_WITHOUT_TLS


def _unforeseen(error: OSError) -> HostingError:
    fault = HostingError(
        error.filename or "system",
        wanted="what every process gets",
        found=error.strerror or str(error),
        remedy="See the system's log and limits.",
    )
    fault.__cause__ = error
    return fault


def _failed(readiness: Readiness, error: ImperatorError) -> int:
    """Tell whoever started us, in the log and on the terminal, why we cannot run."""
    exit_code = BAD_USAGE if isinstance(error, SettingsError) else FAILED
    if logging.getLogger("imperator").handlers:
        _log.error("%s", error)
        _log.debug("where it failed", exc_info=error)
    else:
        sys.stderr.write(f"imperator: {error}\n")
    readiness.failed(exit_code, f"imperator: {error}")
    return exit_code

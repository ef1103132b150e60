"""A stand-in for the module `uwsgi`, which exists only inside uWSGI: everything can be called, and nothing happens.

It lets an application be imported, checked and tested without uWSGI. Where a test expects results, it uses
`uwsgiconf.emulator`, which gives these functions a behaviour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._caching import *
from ._instance import *
from ._messages import *
from ._network import *
from ._requests import *
from ._rpc import *
from ._signals import *
from ._spooling import *

if TYPE_CHECKING:
    from collections.abc import Callable

#: True here; False on the real module.
is_stub = True

#: Of a spooler function: the task is not for this language, let another one have it; its file stays.
SPOOL_IGNORE = 0
#: Of a spooler function: the task is done, its file goes.
SPOOL_OK = -2
#: Of a spooler function: try again at the next look.
SPOOL_RETRY = -1

#: Class that imports modules linked into the uWSGI binary.
SymbolsImporter: Any = None
#: Class that imports from a zip archive linked into the uWSGI binary.
SymbolsZipImporter: Any = None
#: Class that imports from a zip archive.
ZipImporter: Any = None

#: The applications by their mount points; uWSGI takes it from a module if it is a dictionary there.
applications: dict[str, Any] | None = None
#: Bytes that the headers of a request may take.
buffer_size = 0
#: Cores (threads or async cores) of each worker.
cores = 0
#: The WSGI environment of the current request.
env: dict[str, Any] = {}
#: Whether Python threads are enabled; uWSGI has 0 or 1.
has_threads: bool | int = False
#: The name of this machine.
hostname = b""
#: The variables of configuration files by their letters: `{b"V": b"2.0.30"}`.
magic_table: dict[bytes, bytes] = {}
#: How many workers there are.
numproc = 0
#: The options as configured; of a repeated one Python 3 gets the last value only.
opt: dict[str, Any] = {}
#: Descriptors of the sockets.
sockets: list[int] = []
#: Directories of the spoolers, one for each process of each; uWSGI has it only if there is one.
spoolers: tuple[bytes, ...] = ()
#: The callable that an application answers through.
start_response: Any = None
#: When uWSGI was started, in seconds since 1970.
started_on = 0
#: Whether this is the uWSGI of a hosting company, which has its own rules.
unbit: bool | None = False
#: uWSGI's version.
version = b"0.0.0"
#: uWSGI's version in parts: base, major, minor, revision, suffix.
version_info: tuple[int, int, int, int, bytes] = (0, 0, 0, 0, b"")

#: Called in each worker, mule and spooler after it was forked.
post_fork_hook: Callable[[], None]
#: Called for each task of a spooler; returns one of the `SPOOL_` numbers.
spooler: Callable[[dict[Any, bytes]], int]
#: Called in a mule for each of its messages.
mule_msg_hook: Callable[[bytes], None]

if not TYPE_CHECKING:
    _HOOKS = {
        "post_fork_hook": "platform",
        "spooler": "spooler",
        "mule_msg_hook": "mules",
    }

    def __getattr__(name: str) -> Any:
        """Let the runtime module that owns a hook put it here, as it does on the real module."""
        if name not in _HOOKS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        import_module(f"uwsgiconf.runtime.{_HOOKS[name]}")
        return globals()[name]

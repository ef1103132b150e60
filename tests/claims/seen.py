"""What handlers saw, where all processes can read it: in a cache."""

from __future__ import annotations

from uwsgiconf import uwsgi
from uwsgiconf.runtime.caching import Cache

_CACHE = Cache("seen", timeout=0)


def whoami() -> str:
    """Name this process."""
    if uwsgi.worker_id():
        return f"worker{uwsgi.worker_id()}"
    if uwsgi.mule_id():
        return f"mule{uwsgi.mule_id()}"
    return "spooler" if uwsgi.i_am_the_spooler() else "master"


def note(what: str) -> None:
    """Count that something happened, and that it happened here."""
    _CACHE.incr(f"{what}@{whoami()}")
    _CACHE.incr(what)


def count(what: str) -> int:
    """How often something happened."""
    found: int = _CACHE.get(what, default=0, as_int=True)
    return found


def by(what: str) -> set[str]:
    """Where something happened."""
    return {key.partition("@")[2] for key in _CACHE.keys if key.startswith(f"{what}@")}


def write(what: str, text: str) -> None:
    """Write something down."""
    _CACHE.set(f"text:{what}", text)


def read(what: str) -> str:
    """What was written down last."""
    found: str = _CACHE.get(f"text:{what}", default="")
    return found


def everything() -> str:
    """All of it, for a failure's text."""
    return ", ".join(sorted(f"{key}={count(key)}" for key in _CACHE.keys if not key.startswith("text:")))

"""The state of background tasks in one of the project's caches: for all processes that share it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.conf import settings
from django.core.cache import caches
from django.utils import timezone

from .backend import RESULT_CHARACTERS, Outcome, TaskBackend, TaskState, Terms
from .owners import is_gone, new_owner

if TYPE_CHECKING:
    from django.core.cache.backends.base import BaseCache


class CacheBackend(TaskBackend):
    """A few keys for each task, in the cache that UWSGIFY_TASK_CACHE names, or else the default one.

    Who adds the key `owner` runs the task; the cache sees to it that only one does. The cache must be one that all
    processes share; what it forgets, is forgotten: that a task is not active, too.
    """

    def acquire(self, terms: Terms, *, forced: bool) -> str | None:
        """Claim a task to run it."""
        cache, owner, name = self._cache, new_owner(), terms.name
        self._free_if_gone(terms)
        if not cache.add(_key(name, "owner"), owner, timeout=terms.limit_seconds):
            return None
        if not forced and (cache.get(_key(name, "inactive")) or cache.get(_key(name, "cooldown"))):
            cache.delete(_key(name, "owner"))
            return None
        self._keep(replace(self._kept(name), started_at=timezone.now()))
        return owner

    def release(self, terms: Terms, owner: str, outcome: Outcome) -> None:
        """Tell how a run ended."""
        cache, name = self._cache, terms.name
        if cache.get(_key(name, "owner")) != owner:
            return
        kept = self._kept(name)
        last = replace(outcome, result=outcome.result[:RESULT_CHARACTERS])
        self._keep(replace(kept, ended_at=timezone.now(), last=last, runs=kept.runs + 1))
        if terms.cooldown_seconds:
            cache.set(_key(name, "cooldown"), value=True, timeout=terms.cooldown_seconds)
        cache.delete(_key(name, "owner"))

    def request(self, name: str) -> None:
        """Ask for a task to be run at once."""
        self._cache.set(_key(name, "requested"), value=True, timeout=None)

    def take_request(self, name: str) -> bool:
        """Whether a task was asked for since the last time."""
        return self._cache.delete(_key(name, "requested"))

    def state(self, name: str) -> TaskState:
        """What is known of a task."""
        cache = self._cache
        return replace(
            self._kept(name),
            owner=cache.get(_key(name, "owner")) or "",
            active=not cache.get(_key(name, "inactive")),
        )

    def set_active(self, name: str, *, active: bool) -> None:
        """Set whether a task runs on schedule."""
        if active:
            self._cache.delete(_key(name, "inactive"))
        else:
            self._cache.set(_key(name, "inactive"), value=True, timeout=None)

    def _free_if_gone(self, terms: Terms) -> None:
        """Free a task whose owner's process ended; of several who see that at once, only one does."""
        cache, key = self._cache, _key(terms.name, "owner")
        owner = cache.get(key) or ""
        if is_gone(owner) and cache.add(
            _key(terms.name, f"gone.{owner[-8:]}"), value=True, timeout=terms.limit_seconds
        ):
            cache.delete(key)

    @property
    def _cache(self) -> BaseCache:
        return caches[getattr(settings, "UWSGIFY_TASK_CACHE", "default")]

    def _kept(self, name: str) -> TaskState:
        found: TaskState = self._cache.get(_key(name, "state")) or TaskState(name)
        return found

    def _keep(self, state: TaskState) -> None:
        self._cache.set(_key(state.name, "state"), state, timeout=None)


def _key(name: str, what: str) -> str:
    return f"uwsgify.task.{quote(name)}.{what}"  # some caches take no spaces

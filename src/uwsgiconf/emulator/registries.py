"""The registries of the runtime modules, kept apart for each test."""

from __future__ import annotations

from typing import Any


class Registries:
    """What functions, signals, hooks and kinds of tasks were registered at a moment."""

    def __init__(self) -> None:
        self._kept = [(registry, registry.copy()) for registry in _registries()]

    def restore(self) -> None:
        """Forget what was registered since."""
        for registry, kept in self._kept:
            registry.clear()
            registry.update(kept) if isinstance(registry, dict) else registry.extend(kept)


def _registries() -> list[Any]:
    from ..runtime import calls, mules, platform, signals, spooler
    from ..uwsgi_stub import _registrations

    return [
        calls._known,
        mules._handlers,
        platform._PostForkHooks.funcs,
        signals.REGISTERED_SIGNALS,
        spooler.spooler_task_types,
        _registrations.made,
    ]

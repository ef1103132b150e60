"""The claims, loaded without leaving to other tests what they register."""

from __future__ import annotations

from uwsgiconf.emulator.registries import Registries

_outside = Registries()

from tests.claims import instances, processes, scheduled, spooled, states  # noqa: E402

#: What is registered where the claims are.
WITH_CLAIMS = Registries()

_outside.restore()

__all__ = ["WITH_CLAIMS", "instances", "processes", "scheduled", "spooled", "states"]

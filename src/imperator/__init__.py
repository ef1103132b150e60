"""The Emperor: keeps vassals in line with their configuration, wherever that lives."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0.dev0"

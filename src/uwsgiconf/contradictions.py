"""Options that are each right and together end uWSGI at its start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exceptions import ConfigurationError

if TYPE_CHECKING:
    from .entries import Entries

# What uWSGI compares at its start, see its `sanitize_args`: (lower, higher), where lower must be below higher.
_MUST_BE_LOWER = (
    ("cheaper", "workers"),
    ("cheaper", "processes"),
    ("min-worker-lifetime", "max-worker-lifetime"),
    ("cheaper-rss-limit-soft", "cheaper-rss-limit-hard"),
)

#: What uWSGI has for some of these where nothing is set, by the names that set it.
DEFAULTS = {("workers", "processes"): "1", ("min-worker-lifetime",): "10"}

#: Options that can contradict another one; setting any other needs no check.
INVOLVED = frozenset({"map-socket", *(name for pair in _MUST_BE_LOWER for name in pair)})


def refuse_contradictions(entries: Entries) -> None:
    """Check what was set against itself.

    Only numbers that are both written out are compared: what uWSGI resolves at its start is not known here.

    :raises ConfigurationError: uWSGI would end at its start, saying so.
    """
    _refuse_sockets_of_missing_workers(entries)
    for lower, higher in _MUST_BE_LOWER:
        low, high = entries.number(lower), entries.number(higher)
        # 0 switches either off
        if low and high and low >= high:
            raise ConfigurationError(
                f"option `{lower}`",
                wanted=f"a number below {high}, which `{higher}` is",
                found=str(low),
                remedy=f"Lower `{lower}` or raise `{higher}`: uWSGI ends at its start otherwise.",
            )


def _refuse_sockets_of_missing_workers(entries: Entries) -> None:
    workers = entries.number("workers")
    for mapping in entries.texts("map-socket"):
        bound = [int(number) for number in mapping.partition(":")[2].split(",") if number.isdigit()]
        if workers and bound and max(bound) > workers:
            raise ConfigurationError(
                "option `map-socket`",
                wanted=f"numbers of workers up to {workers}, which `workers` is",
                found=str(max(bound)),
                remedy="Bind the socket to other workers or raise `workers`: uWSGI ends otherwise.",
            )

"""The cache backend inside real uWSGI: what every cache of Django's does, and what only a shared one does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from .shop.cache_claims import CLAIMS, LIMITS
from .site import Site


@pytest.mark.parametrize("claim", CLAIMS)
def test_claims_hold_inside_uwsgi(served: Site, claim: str) -> None:
    """In a worker of uWSGI the cache does what every cache of Django's does."""
    answer = served.answer(f"/claim/{claim}/")

    assert (answer.status, answer.body) == (200, "")


@pytest.mark.parametrize("claim", LIMITS)
def test_limits_are_kept(served: Site, claim: str) -> None:
    """A full cache makes room, and a value that is too large is not kept, which is logged with what to do."""
    assert served.answer(f"/claim/{claim}/").body == ""
    if claim == "large_value":
        served.wait_for_log("was not kept: value or key is too large")


def test_workers_share_the_cache(served: Site) -> None:
    """What one worker counts the other one sees, and when both count at once nothing is lost."""
    with ThreadPoolExecutor(4) as pool:
        counting = {answer.body.split()[0] for answer in pool.map(served.answer, ["/count/visits/"] * 100)}
        told = dict(answer.body.split() for answer in pool.map(served.answer, ["/counted/visits/"] * 20))

    assert len(counting) == 2
    assert told.keys() == counting
    assert set(told.values()) == {"100"}

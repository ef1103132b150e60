"""The cache backend inside real uWSGI: what every cache of Django's does, and what only a shared one does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from .shop.cache_claims import CLAIMS, LIMITS
from .site import Site


@pytest.mark.parametrize("alias", ["default", "plain"])
@pytest.mark.parametrize("claim", CLAIMS)
def test_claims_hold_inside_uwsgi(served: Site, claim: str, alias: str) -> None:
    """A cache that the settings ask for, and one of uwsgicfg.py, do what every cache of Django's does."""
    answer = served.answer(f"/claim/{alias}/{claim}/")

    assert (answer.status, answer.body) == (200, "")


@pytest.mark.parametrize("claim", LIMITS)
def test_limits_are_kept(served: Site, claim: str) -> None:
    """A full cache makes room, and a value that is too large is not kept, which is logged with what to do."""
    assert served.answer(f"/claim/default/{claim}/").body == ""
    if claim == "large_value":
        served.wait_for_log("was not kept: value or key is too large")


def test_workers_share_the_cache(served: Site) -> None:
    """What both workers count at once each of them knows, and nothing of it is lost."""
    counted: list[str] = []
    told: dict[str, str] = {}
    with ThreadPoolExecutor(4) as pool:
        while len(counted) < 100 or len(set(counted)) < 2:
            counted += [answer.body.split()[0] for answer in pool.map(served.answer, ["/count/visits/"] * 20)]
        while len(told) < 2:
            told |= dict(answer.body.split() for answer in pool.map(served.answer, ["/counted/visits/"] * 20))

    assert told == dict.fromkeys(counted, str(len(counted)))

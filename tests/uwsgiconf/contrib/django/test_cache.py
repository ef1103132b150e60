"""The cache backend outside uWSGI; `tests/system/django/test_cache.py` has the same claims inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache

from tests.system.django.shop.cache_claims import CLAIMS
from uwsgiconf.contrib.django.uwsgify.cache import UwsgiCache


@pytest.fixture
def cache() -> Iterator[BaseCache]:
    """A cache as Django makes it."""
    made = UwsgiCache("claims", {})
    yield made
    made.clear()


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_claims_hold_outside_uwsgi(cache: BaseCache, claim: Callable[[BaseCache], None]) -> None:
    """In `manage.py shell` and in tests, where there is no uWSGI, the cache does what every cache does."""
    assert isinstance(cache, LocMemCache)
    claim(cache)

"""The URLs of the project: the admin, and what tests ask for."""

import os
import time
import traceback

from django.contrib import admin
from django.core.cache import cache, caches
from django.http import HttpRequest, HttpResponse
from django.urls import path
from shop import cache_claims  # type: ignore[import-not-found]  # in the project, it is there


def processes(request: HttpRequest) -> HttpResponse:
    """Tell which worker answers, and which master it has."""
    return HttpResponse(f"{os.getpid()} {os.getppid()}", content_type="text/plain")


def slow(request: HttpRequest) -> HttpResponse:
    """Take a while, so that an answer is in work while something else happens; tell the worker."""
    time.sleep(0.2)
    return processes(request)


def broken(request: HttpRequest) -> HttpResponse:
    """Fail."""
    raise RuntimeError("on purpose")


def claim(request: HttpRequest, alias: str, name: str) -> HttpResponse:
    """Try a claim about a cache, and tell what is wrong with it; nothing if it holds."""
    cache = caches[alias]
    cache.clear()
    try:
        (cache_claims.CLAIMS | cache_claims.LIMITS)[name](cache)
    except Exception:  # noqa: BLE001 - whatever is wrong is told
        return HttpResponse(traceback.format_exc(), content_type="text/plain")
    return HttpResponse("", content_type="text/plain")


def count(request: HttpRequest, key: str) -> HttpResponse:
    """Count in the cache, and tell the worker that did."""
    cache.add(key, 0, timeout=None)
    cache.incr(key)
    time.sleep(0.005)  # the other worker is to get its share
    return processes(request)


def counted(request: HttpRequest, key: str) -> HttpResponse:
    """Tell how far was counted, and the worker that tells."""
    time.sleep(0.005)
    return HttpResponse(f"{os.getpid()} {cache.get(key)}", content_type="text/plain")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("claim/<alias>/<name>/", claim),
    path("count/<key>/", count),
    path("counted/<key>/", counted),
    path("slow/", slow),
    path("broken/", broken),
    path("", processes),
]

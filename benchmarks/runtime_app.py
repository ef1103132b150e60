"""What `benchmarks.runtime` has a real uWSGI measure: calls of `uwsgiconf.runtime` beside uWSGI's own functions.

Runs when it is loaded into the one worker, writes its numbers as JSON to the file that the option `results` names, and
stops the instance.
"""

from __future__ import annotations

import json
import statistics
import time
import timeit
from collections.abc import Callable
from pathlib import Path

from uwsgiconf import uwsgi
from uwsgiconf.runtime.caching import Cache
from uwsgiconf.runtime.control import stop
from uwsgiconf.runtime.locking import Lock
from uwsgiconf.runtime.monitoring import Metric
from uwsgiconf.runtime.signals import Signal

#: Calls of one batch. Signals go into a queue that the master has to empty: a pause after each batch lets it.
BATCH = 100
PAUSE_SECONDS = 0.002


def pairs() -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """Calls to compare: uWSGI's, and ours."""
    cache, lock, metric, signal = Cache("bench"), Lock(1), Metric("bench"), Signal()
    cache.set("key", "value")
    signal.register_handler(target="worker1", callback=lambda: None)

    def raw_lock() -> None:
        uwsgi.lock(1)
        uwsgi.unlock(1)

    def our_lock() -> None:
        with lock:
            pass

    number = signal.num
    return {
        "cache get": (lambda: uwsgi.cache_get("key", "bench"), lambda: cache.get("key")),
        "cache set": (lambda: uwsgi.cache_update("key", "value", 300, "bench"), lambda: cache.set("key", "value")),
        "lock and unlock": (raw_lock, our_lock),
        "metric increment": (lambda: uwsgi.metric_inc("bench", 1), lambda: metric.incr()),
        "signal send": (lambda: uwsgi.signal(number), lambda: signal.send()),
    }


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Microseconds of a call, uWSGI's and ours in turns, the median of the batches."""
    found = {}
    for what, (raw, ours) in pairs().items():
        spent: dict[str, list[float]] = {"raw": [], "ours": []}
        for _ in range(rounds):
            for name, call in (("raw", raw), ("ours", ours)):
                spent[name].append(timeit.timeit(call, number=BATCH) / BATCH * 1e6)
                time.sleep(PAUSE_SECONDS)
        found[what] = {name: statistics.median(values) for name, values in spent.items()}
    return found


results = measure(int(uwsgi.opt["rounds"]))
Path(uwsgi.opt["results"].decode()).write_text(json.dumps(results))
stop()


def application(environ: object, start_response: Callable[..., object]) -> list[bytes]:
    """Answer nothing: nobody asks."""
    return []

"""How many descriptors we may hold."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import resource
from imperator.process.limits import raise_descriptor_limit
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
assert [raise_descriptor_limit(), raise_descriptor_limit()] == [200, 200]
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
"""


def test_limit_is_raised_and_the_old_one_kept() -> None:
    """The soft limit goes up to the hard one, and what it was is told, however often it is asked for."""
    subprocess.run([sys.executable, "-c", SCRIPT], timeout=60, check=True)

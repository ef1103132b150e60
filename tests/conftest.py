"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# Where nobody is there to look into a new find, the same cases are tried each time; elsewhere new ones are.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")

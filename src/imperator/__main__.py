"""`python -m imperator`."""

import sys

from imperator.cli import main

sys.exit(main())

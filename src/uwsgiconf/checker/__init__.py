"""Finding what is wrong with configurations before uWSGI does, all of it at once, each with its file and line.

`check_file` reads a configuration as uWSGI would, compares it with what a uWSGI knows, and returns the faults; an empty
list means that nothing was found. `check_text` does the same for text that is in no file yet.
"""

from .fault import Fault, FaultKind
from .knowledge import Knowledge
from .run import check_file, check_text

__all__ = ["Fault", "FaultKind", "Knowledge", "check_file", "check_text"]

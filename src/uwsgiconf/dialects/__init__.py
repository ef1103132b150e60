"""Reading what others wrote: uWSGI's ini, yaml, json and xml, as uWSGI itself reads them."""

from .entries import Entry
from .evaluation import Evaluation, evaluate
from .faults import DialectError
from .host import Host

__all__ = ["DialectError", "Entry", "Evaluation", "Host", "evaluate"]

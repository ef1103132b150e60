"""Reading what others wrote: uWSGI's ini, yaml, json and xml, as uWSGI itself reads them.

`read` gives a file as it is written, to be changed in places and written back; `evaluate` gives the options that uWSGI
would act on if it were started with it.
"""

from .document import Document, read
from .entries import Entry
from .evaluation import Evaluation, evaluate
from .faults import DialectError
from .host import Host
from .items import Comment, Item

__all__ = ["Comment", "DialectError", "Document", "Entry", "Evaluation", "Host", "Item", "evaluate", "read"]

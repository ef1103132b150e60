"""The groups of options of a section, as its attributes; `groups.pyi` says what type checkers and editors see."""

from __future__ import annotations

from ..base import Options


class Groups:
    """The attributes of a section that hold its groups of options."""

    alarms = Options("alarms", "Alarms")
    applications = Options("applications", "Applications")
    caching = Options("caching", "Caching")
    cheapening = Options("workers_cheapening", "Cheapening")
    empire = Options("empire", "Empire")
    locks = Options("locks", "Locks")
    logging = Options("logging", "Logging")
    main_process = Options("main_process", "MainProcess")
    master_process = Options("master_process", "MasterProcess")
    monitoring = Options("monitoring", "Monitoring")
    networking = Options("networking", "Networking")
    python = Options("python", "Python")
    queue = Options("queue", "Queue")
    routing = Options("routing", "Routing")
    spooler = Options("spooler", "Spooler")
    statics = Options("statics", "Statics")
    subscriptions = Options("subscriptions", "Subscriptions")
    workers = Options("workers", "Workers")


#: The names of all groups, as attributes of a section.
NAMES = tuple(name for name, value in vars(Groups).items() if isinstance(value, Options))

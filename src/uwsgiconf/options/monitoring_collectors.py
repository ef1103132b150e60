"""Where the value of a metric comes from."""

from __future__ import annotations

from ..values import ParametrizedValue, Path, Strings, key_values, listed


class Collector(ParametrizedValue):
    """Where the value of a metric comes from.

    :param args: Values without a name.
    :param kwargs: Values by the names uWSGI gives them.
    """

    name_separator = ","
    name_separator_strip = True
    args_joiner = ","

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, key_values(kwargs) or None)


class CollectorPointer(Collector):
    """Takes the value from memory."""

    name = "ptr"


class CollectorFile(Collector):
    """Reads the value from a file.

    :param fpath: The file.
    :param get_slot: Which of its words is the value, from 0. Default: 0.
    """

    name = "file"

    def __init__(self, fpath: Path, *, get_slot: int | None = None) -> None:
        super().__init__(arg1=fpath, arg1n=get_slot)


class CollectorFunction(Collector):
    """Calls a C function, which takes the metric and returns its value as `int64_t`.

    :param func: Its name.
    """

    name = "func"

    def __init__(self, func: str) -> None:
        super().__init__(arg1=func)


class CollectorSum(Collector):
    """Adds other metrics up.

    :param what: Their names.
    """

    name = "sum"

    def __init__(self, what: Strings) -> None:
        super().__init__(children=listed(what))


class CollectorAvg(CollectorSum):
    """Takes the average of other metrics.

    :param what: Their names.
    """

    name = "avg"

    def __init__(self, what: Strings) -> None:
        super().__init__(what)


class CollectorAccumulator(CollectorSum):
    """Adds other metrics to the value it had, each time it is collected.

    :param what: Their names.
    """

    name = "accumulator"

    def __init__(self, what: Strings) -> None:
        super().__init__(what)


class CollectorAdder(Collector):
    """Adds a number to the sum of other metrics.

    :param what: Their names.
    :param value: The number.
    """

    name = "adder"

    def __init__(self, what: Strings, value: int) -> None:
        super().__init__(arg1n=value, children=listed(what))


class CollectorMultiplier(CollectorAdder):
    """Multiplies the sum of other metrics by a number.

    :param what: Their names.
    :param value: The number.
    """

    name = "multiplier"

"""Numbers as the C in uWSGI sees them: they wrap, and text is read for as long as it is digits."""

import re

_LEADING_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?)([0-9]+)")

#: Text with more digits is above all that 64 bits can hold; Python refuses to read thousands of them.
_DIGITS_OF_64_BITS = 20


def int32(number: int) -> int:
    """The number a C `int` holds after being given this one."""
    return (number + 2**31) % 2**32 - 2**31


def int_as_text(number: int) -> str:
    """How uWSGI writes an `int`: it leaves room for ten characters, one too few for the largest negative numbers."""
    return str(int32(number))[:10]


def int64(number: int) -> int:
    """The number an `int64_t` holds after being given this one."""
    return (number + 2**63) % 2**64 - 2**63


def leading_number(text: str) -> int:
    """The number that text starts with, 0 if it starts with none; held within 64 bits."""
    found = _LEADING_NUMBER.match(text)
    if found is None:
        return 0
    sign, digits = found[1], found[2].lstrip("0")
    number = int(digits or "0") if len(digits) < _DIGITS_OF_64_BITS else 2**63
    return max(-number, -(2**63)) if sign == "-" else min(number, 2**63 - 1)


def truncated_quotient(dividend: int, divisor: int) -> int:
    """Division as C does it, towards zero; uWSGI makes it 0 where there is nothing to divide by."""
    if divisor == 0:
        return 0
    quotient = abs(dividend) // abs(divisor)
    return int64(quotient if (dividend < 0) == (divisor < 0) else -quotient)

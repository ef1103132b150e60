"""What minimal_vassal.c does, for a machine without a compiler. Slower to start, so it measures less of the Emperor."""

import mmap
import os
import struct
import sys
import time

SLOT = struct.Struct("<QQIIII")


def obey_until_told_to_stop(slots: mmap.mmap, at: int, started_ns: int) -> None:
    """Say spawned, accepting and loyal at each load; stamp the slot at each reload byte."""
    channel = int(os.environ["UWSGI_EMPEROR_FD"])
    starts = SLOT.unpack_from(slots, at)[2] + 1
    reloads, reloaded_ns = 0, 0
    while True:
        os.write(channel, b"\x01\x05\x11")
        SLOT.pack_into(slots, at, started_ns, reloaded_ns, starts, reloads, os.getpid(), 1)
        while (byte := os.read(channel, 1)) != b"\x01":
            if byte in {b"", b"\x00", b"\x02"}:
                return
        reloaded_ns, reloads = time.monotonic_ns(), reloads + 1


if __name__ == "__main__":
    at_first = time.monotonic_ns()
    number = int(os.path.basename(sys.argv[-1])[1:].partition(".")[0])
    with open(os.environ["BENCH_SLATE"], "r+b") as slate, mmap.mmap(slate.fileno(), 0) as memory:
        obey_until_told_to_stop(memory, number * SLOT.size, at_first)

"""What configurations say to the Emperor: how it is read, whose word counts, and what is never read."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from imperator.monitors.attributes import AttributeFinder, read_attributes
from imperator.policy.vassal import Attributes, VassalSpec

LIMIT_SECONDS = 30.0


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        (b"", {}),
        (b"[uwsgi]\nplan = x\n", {}),
        (b"plan = x\n[emperor]\n", {}),
        (b"[emperor]\nplan = x", {"plan": "x"}),
        (b"[emperor]\r\n\tplan\t=\tx y \r\n", {"plan": "x y"}),
        (b"[emperor]\nplan = a = b\n", {"plan": "a = b"}),
        (b"[emperor]\nplan\nhome =\n", {"plan": "", "home": ""}),
        (b"[emperor]\n; plan = x\n# plan = y\n", {}),
        (b"[emperor]\nplan = x\n[uwsgi]\nplan = y\n[emperor]\nplan = z\n", {"plan": "z"}),
        (b"[emperor]\nplan = %n $(HOME) @(/etc/passwd)\n", {"plan": "%n $(HOME) @(/etc/passwd)"}),
        (b"[emperor]\nplan = x\0y\n", {"plan": "x"}),
        (b"[emperor]\nplan = \xff\n", {"plan": "\udcff"}),
        (b"[emperor]\nplan = " + b"x" * 4097 + b"\n", {}),
    ],
)
def test_section_is_read_as_it_stands(text: bytes, attributes: dict[str, str]) -> None:
    """Lines of `[emperor]` are names and values as uWSGI's ini has them; nothing is replaced in them."""
    assert read_attributes(text) == attributes


def spec(name: str, directory: str = "/", **fields: object) -> VassalSpec:
    return VassalSpec(name, "source", version=1, modified=0.0, directory=directory, **fields)  # type: ignore[arg-type]


async def found(wanted: VassalSpec, *names: str) -> Attributes:
    """Return the attributes that a finder gives a spec."""
    told: asyncio.Future[VassalSpec] = asyncio.get_running_loop().create_future()
    AttributeFinder(names, told.set_result).present(wanted)
    async with asyncio.timeout(LIMIT_SECONDS):
        return (await told).attributes


TEXT = b"[emperor]\nplan = text\nhome = /srv\n[uwsgi]\n"


async def test_text_of_a_source_is_read_like_a_file(tmp_path: Path) -> None:
    """What is collected is found in the text that a source sends, and in a file; in no other dialect than ini."""
    (tmp_path / "app.ini").write_bytes(TEXT)
    (tmp_path / "app.yml").write_bytes(TEXT)
    wanted = (("plan", "text"),)
    assert await found(spec("app.ini", config=TEXT), "plan") == wanted
    assert await found(spec("app.ini", str(tmp_path), uid=os.getuid()), "plan") == wanted
    assert await found(spec("app.yml", config=TEXT), "plan") == ()
    assert await found(spec("app.yml", str(tmp_path), uid=os.getuid()), "plan") == ()


async def test_word_of_the_source_counts_more() -> None:
    """Attributes that a source gives stay, collected or not, and overrule the text's."""
    given = (("owner", "ops"), ("plan", "source"))
    assert await found(spec("app.ini", config=TEXT, attributes=given), "plan", "home") == (
        ("home", "/srv"),
        *given,
    )
    assert await found(spec("app.ini", config=TEXT, attributes=given)) == given


async def test_what_the_owner_could_not_read_is_not_told(tmp_path: Path) -> None:
    """A private file of somebody else's, a FIFO and a file that is gone have no attributes, and hold nobody up."""
    (tmp_path / "private.ini").write_bytes(TEXT)
    (tmp_path / "private.ini").chmod(0o600)
    os.mkfifo(tmp_path / "fifo.ini")
    stranger = os.getuid() + 1
    for name in ("private.ini", "fifo.ini", "gone.ini"):
        assert await found(spec(name, str(tmp_path), uid=stranger), "plan") == ()
    (tmp_path / "private.ini").chmod(0o604)
    assert await found(spec("private.ini", str(tmp_path), uid=stranger), "plan") == (("plan", "text"),)

"""An Emperor that adopts what its vassals leave behind."""

from __future__ import annotations

from pathlib import Path

from tests.system.conftest import StartEmperor
from tests.system.test_protocol_vassals import config
from tests.system.waiting import wait_for


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_orphans_are_adopted_and_buried(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """`emperor-subreaper`: a vassal's daemon becomes the Emperor's child, and is no zombie once it is dead."""
    script, go = tmp_path / "leaves-an-orphan", tmp_path / "go"
    # The grandchild outlives its parent, tells its number, and dies when told to.
    script.write_text(
        f"#!/bin/sh\nmkfifo {go}\n"
        f"(setsid sh -c 'echo $$ > {tmp_path}/orphan.new; mv {tmp_path}/orphan.new {tmp_path}/orphan; "
        f"read x < {go}' &)\n"
        "head -c 1 <&3 >/dev/null\n"
    )
    script.chmod(0o755)
    (vassals / "app.ini").write_text(config())
    emperor = start_emperor(
        *("--emperor", str(vassals), "--emperor-wrapper", str(script), "--emperor-subreaper"), fake_vassals=False
    )
    wait_for((tmp_path / "orphan").exists, "the orphan", otherwise=emperor.log)
    orphan = (tmp_path / "orphan").read_text().strip()
    wait_for(lambda: orphan in children_of(emperor.pid), "the orphan to be adopted", otherwise=emperor.log)
    go.write_text("\n")
    wait_for(lambda: orphan not in children_of(emperor.pid), "the orphan to be buried", otherwise=emperor.log)
    assert len(children_of(emperor.pid)) == 1
    (vassals / "app.ini").unlink()
    emperor.wait_for_log("removed uwsgi instance app.ini")

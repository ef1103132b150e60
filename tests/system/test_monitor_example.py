"""The example of a monitor of one's own, installed as its users would install it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import read_stats
from tests.system.sources.source import config, wait_for_configs

EXAMPLE = Path(__file__).parents[2] / "examples" / "monitor"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Return the environment variables of a Python that has the example installed."""
    place = tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-build-isolation"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(place), str(EXAMPLE)]
    subprocess.run(command, check=True, timeout=100)
    return {"PYTHONPATH": os.pathsep.join([str(place), *filter(None, [os.environ.get("PYTHONPATH")])])}


def test_installed_monitor_rules_vassals(
    start_emperor: StartEmperor, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """Vassals come, change and go as the file says; a broken file and a missing one stop nothing."""
    file, stats = tmp_path / "vassals.json", str(tmp_path / "stats")
    emperor = start_emperor("--emperor", f"json://{file}", "--emperor-stats", stats, environment=environment)
    emperor.wait_for_log(f"json://{file}: cannot be read ([Errno 2] No such file or directory")
    file.write_text(json.dumps({"a.ini": config("a"), "b.ini": config("b"), "c": config()}))
    wait_for_configs(emperor, {"a.ini": config("a"), "b.ini": config("b")})
    emperor.wait_for_log("c: its name ends in none of")
    file.write_text("{")
    emperor.wait_for_log("cannot be read (Expecting property name enclosed in double quotes")
    wait_for_configs(emperor, {"a.ini": config("a"), "b.ini": config("b")})
    assert [told["monitor"] for told in read_stats(stats)["unreachable"]] == [f"json://{file}"]
    file.write_text(json.dumps({"a.ini": config("changed")}))
    wait_for_configs(emperor, {"a.ini": config("changed")})


def test_scheme_is_known_where_it_is_installed_only(
    start_emperor: StartEmperor, environment: Mapping[str, str]
) -> None:
    """Elsewhere the scheme is refused; here it is among those that are told."""
    elsewhere = start_emperor("--emperor", "json:///x.json")
    assert elsewhere.wait_for_exit() == 2
    assert "there is no monitor for json://" in elsewhere.log()
    here = start_emperor("--emperor", "jsom:///x.json", environment=environment)
    assert here.wait_for_exit() == 2
    assert "Did you mean json://?" in here.log()

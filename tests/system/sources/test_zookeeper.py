"""`zoo://`: nodes, their fields, and the order in which they change."""

from __future__ import annotations

import asyncio
import re
import urllib.request
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from kazoo.security import OPEN_ACL_UNSAFE, make_digest_acl

from imperator.monitors import zookeeper_tree
from imperator.monitors.interface import Gone, Listing, Present
from tests.system.conftest import StartEmperor
from tests.system.sources.listener import Listener, listen
from tests.system.sources.source import PIPE, config, wait_for_configs, wait_for_heard
from tests.system.sources.zookeeper import ZooKeeperSource
from tests.system.waiting import wait_for

RELOAD = 1


def presents(listener: Listener, name: str) -> list[Present]:
    """Return how often a vassal was told to be new or changed, after the listing."""
    return [news for news in listener.news if isinstance(news, Present) and news.spec.name == name]


async def fence(listener: Listener, source: ZooKeeperSource) -> None:
    """Return once everything that was changed before this has been told."""
    source.put("fence.ini", config("fence"))
    await listener.until(lambda: "fence.ini" in listener.specs, "the fence")


async def test_fields_and_attributes_are_children(zookeeper: ZooKeeperSource, tmp_path: Path) -> None:
    """uid, gid, socket and attributes end up in what is wanted, with the node's own time."""
    fields = {"/uid": "1000", "/gid": "33", "/socket": "run/a.sock", "/attributes": "", "/attributes/tier": "gold"}
    nodes = {"": config("a"), **fields, "/attributes/zone": "é"}
    zookeeper.write("create", {f"a.ini{below}": value for below, value in nodes.items()})
    async with listen(zookeeper.target, tmp_path) as listener:
        await listener.until(lambda: "a.ini" in listener.specs, "an entry")
    spec = listener.specs["a.ini"]
    assert (spec.config, spec.uid, spec.gid, spec.socket) == (config("a").encode(), 1000, 33, f"{tmp_path}/run/a.sock")
    assert spec.attributes == (("tier", "gold"), ("zone", "é"))
    assert (spec.source, spec.directory) == (zookeeper.target, str(tmp_path))
    assert spec.modified == zookeeper.do("get", f"{zookeeper.path}/a.ini")[1].mtime / 1000


FIELD_CHANGES = [
    ("a.ini/uid", "7", {"uid": 7}),
    ("a.ini/uid", "5", {}),  # written again, with the same
    ("a.ini/socket", "/s", {"socket": "/s"}),
    ("a.ini/attributes/tier", "gold", {"attributes": (("tier", "gold"),)}),
]


@pytest.mark.parametrize(("node", "value", "change"), FIELD_CHANGES)
async def test_field_that_is_written_is_a_change(
    zookeeper: ZooKeeperSource, tmp_path: Path, node: str, value: str, change: dict[str, object]
) -> None:
    """A field that is added or written makes another version, told once, whatever was in it before."""
    zookeeper.put("a.ini", config(), uid="5")
    async with listen(zookeeper.target, tmp_path) as listener:
        await listener.until(lambda: "a.ini" in listener.specs, "an entry")
        before = listener.specs["a.ini"]
        zookeeper.set(node, value)
        await listener.until(lambda: presents(listener, "a.ini"), "a change")
        after = listener.specs["a.ini"]
        await fence(listener, zookeeper)
    assert len(presents(listener, "a.ini")) == 1
    assert after.version != before.version
    assert replace(after, version=None) == replace(before, version=None, **change)  # type: ignore[arg-type]


async def test_field_that_is_removed_counts_no_more(zookeeper: ZooKeeperSource, tmp_path: Path) -> None:
    """Without its field an entry is as if it never had one."""
    zookeeper.put("a.ini", config(), uid="5")
    async with listen(zookeeper.target, tmp_path) as listener:
        await listener.until(lambda: "a.ini" in listener.specs, "an entry")
        zookeeper.remove("a.ini/uid")
        await listener.until(lambda: listener.specs["a.ini"].uid == 0, "no uid")


async def test_entry_is_gone_whole(zookeeper: ZooKeeperSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that is removed node by node, fields first, is told to be gone and never to have lost its fields."""
    monkeypatch.setattr(zookeeper_tree, "_SETTLING_SECONDS", 1.0)
    zookeeper.put("a.ini", config(), uid="5", socket="/s")
    async with listen(zookeeper.target, tmp_path) as listener:
        await listener.until(lambda: "a.ini" in listener.specs, "an entry")
        zookeeper.remove("a.ini/uid")
        await fence(listener, zookeeper)
        zookeeper.remove("a.ini")
        await listener.until(lambda: Gone("a.ini") in listener.news, "its end")
    assert presents(listener, "a.ini") == []


async def test_entry_that_is_made_anew_is_a_change(
    zookeeper: ZooKeeperSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Removed and soon created again, it is changed once and never gone: the vassal reloads."""
    monkeypatch.setattr(zookeeper_tree, "_SETTLING_SECONDS", 1.0)
    zookeeper.put("a.ini", config("old"))
    async with listen(zookeeper.target, tmp_path) as listener:
        await listener.until_configs({"a.ini": config("old")})
        zookeeper.remove("a.ini")
        await fence(listener, zookeeper)
        zookeeper.put("a.ini", config("new"))
        await listener.until_configs({"a.ini": config("new"), "fence.ini": config("fence")})
        zookeeper.remove("fence.ini")
        await listener.until_configs({"a.ini": config("new")})
    assert len(presents(listener, "a.ini")) == 1
    assert Gone("a.ini") not in listener.news


async def test_transaction_is_seen_whole(zookeeper: ZooKeeperSource, tmp_path: Path) -> None:
    """What changes in one transaction is never told in parts, however the reads fall in between."""
    nodes = ("a.ini", "a.ini/uid", "a.ini/attributes/n")
    zookeeper.write("create", {"a.ini": "0", "a.ini/uid": "0", "a.ini/attributes": "", "a.ini/attributes/n": "0"})
    async with listen(zookeeper.target, tmp_path) as listener:
        await listener.until(lambda: "a.ini" in listener.specs, "an entry")
        for number in range(1, 301):
            await asyncio.to_thread(zookeeper.write, "set_data", dict.fromkeys(nodes, str(number)))
        await listener.until(lambda: listener.specs["a.ini"].uid == 300, "the last one")
    told = [news.spec for news in presents(listener, "a.ini")]
    assert [spec for spec in told if not (spec.config or b"").decode() == str(spec.uid) == spec.attribute("n")] == []


@pytest.mark.parametrize("child", ["udi", "attribute"])
async def test_field_of_no_such_name_refuses_the_entry(zookeeper: ZooKeeperSource, tmp_path: Path, child: str) -> None:
    """A misspelt field is told and nothing is started without it; once it is gone the entry counts."""
    zookeeper.write("create", {"a.ini": config(), f"a.ini/{child}": "5"})
    async with listen(zookeeper.target, tmp_path) as listener:
        await listener.until(lambda: listener.unreadable, "a refusal")
        reason = f"it has a child {child!r}, and fields are uid, gid, socket, attributes: rename or remove it"
        assert (listener.unreadable, listener.specs) == ({"a.ini": reason}, {})
        zookeeper.remove(f"a.ini/{child}")
        await listener.until_configs({"a.ini": config()})


async def test_entry_waits_for_its_text(zookeeper: ZooKeeperSource, tmp_path: Path) -> None:
    """A node that was made empty, to be given its fields first, counts when its data is written: with all of them."""
    async with listen(zookeeper.target, tmp_path) as listener:
        await listener.until(lambda: listener.news, "the listing")
        zookeeper.put("a.ini", "")
        zookeeper.set("a.ini/uid", "5")
        zookeeper.put("a.ini", config())
        await listener.until_configs({"a.ini": config()})
    assert [news.spec.uid for news in presents(listener, "a.ini")] == [5]


async def test_path_that_is_created_later(zookeeper: ZooKeeperSource, tmp_path: Path) -> None:
    """A node that is not there is told with what to do, and its children count as soon as it is."""
    async with listen(f"{zookeeper.target}/deep/below", tmp_path) as listener:
        await listener.until(lambda: listener.unreachable, "a complaint")
        assert listener.unreachable == (
            f"there is no node {zookeeper.path}/deep/below: create it, its children are the vassals; "
            "those that run go on"
        )
        zookeeper.set("deep/below/a.ini", config())
        await listener.until_configs({"a.ini": config()})


async def test_path_that_is_removed_stops_nothing(
    zookeeper: ZooKeeperSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vassals go on without their node. Once it is back what is in it counts, and what is not, only after a while."""
    monkeypatch.setattr(zookeeper_tree, "_SETTLING_SECONDS", 0.05)
    monkeypatch.setattr(zookeeper_tree, "_DOUBT_SECONDS", 1.5)
    zookeeper.put_all({"a.ini": config("a"), "b.ini": config("b")})
    async with listen(zookeeper.target, tmp_path) as listener:
        await listener.until_configs({"a.ini": config("a"), "b.ini": config("b")})
        zookeeper.do("delete", zookeeper.path, recursive=True)
        await listener.until(lambda: listener.unreachable, "a complaint")
        assert not any(isinstance(news, Gone) for news in listener.news)
        zookeeper.set("a.ini", config("again"))
        await listener.until_configs({"a.ini": config("again"), "b.ini": config("b")})
        await fence(listener, zookeeper)
        zookeeper.remove("fence.ini")
        await listener.until(lambda: "fence.ini" not in listener.specs, "the end of the fence")
        assert "b.ini" in listener.specs
        await listener.until_configs({"a.ini": config("again")})


async def test_entry_that_may_be_read_at_last(
    zookeeper: ZooKeeperSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody tells of a permission that is granted: what was denied is tried again by itself."""
    monkeypatch.setattr(zookeeper_tree, "_DENIED_SECONDS", 0.05)
    zookeeper.put("a.ini", config("a"))
    zookeeper.do("set_acls", f"{zookeeper.path}/a.ini", [make_digest_acl("emperor", "ave", all=True)])
    async with listen(zookeeper.target, tmp_path) as listener:
        await listener.until(lambda: listener.unreadable, "a refusal")
        zookeeper.client.add_auth("digest", "emperor:ave")
        zookeeper.do("set_acls", f"{zookeeper.path}/a.ini", OPEN_ACL_UNSAFE)
        await listener.until_configs({"a.ini": config("a")})


async def test_five_thousand_entries(zookeeper: ZooKeeperSource, tmp_path: Path) -> None:
    """All are listed, and then each change is told alone: nothing is read or told twice."""
    configs = {f"site-{number}.ini": config(str(number)) for number in range(5_000)}
    items = list(configs.items())
    for start in range(0, len(items), 1_000):
        zookeeper.put_all(dict(items[start : start + 1_000]))
    async with listen(zookeeper.target, tmp_path) as listener:
        await listener.until_configs(configs)
        told = len(listener.news)
        zookeeper.put("site-4711.ini", config("changed"))
        await listener.until_configs(configs | {"site-4711.ini": config("changed")})
        zookeeper.remove("site-0.ini")
        await listener.until(lambda: "site-0.ini" not in listener.specs, "one less")
    assert [type(news) for news in listener.news[told:]] == [Present, Gone]
    assert [type(news) for news in listener.news[:told]] == [Listing]


async def test_looking_now_tells_nothing_twice(zookeeper: ZooKeeperSource, tmp_path: Path) -> None:
    """SIGWINCH has everything read anew, and what is as before is not told."""
    zookeeper.put_all({"a.ini": config("a"), "b.ini": config("b")})
    async with listen(zookeeper.target, tmp_path) as listener:
        await listener.until_configs({"a.ini": config("a"), "b.ini": config("b")})
        listener.monitor.look_now()
        await fence(listener, zookeeper)
    assert [type(news) for news in listener.news] == [Listing, Present]


def test_two_nodes_of_one_server_are_two_sources(start_emperor: StartEmperor, zookeeper: ZooKeeperSource) -> None:
    """Each target has its own root: entries of the same name are different vassals, and changes reach the right one."""
    zookeeper.set("east/a.ini", config("east"))
    zookeeper.set("west/b.ini", config("west"))
    emperor = start_emperor("--emperor", f"{zookeeper.target}/east", "--emperor", f"{zookeeper.target}/west/")
    wait_for_configs(emperor, {"a.ini": config("east"), "b.ini": config("west")})
    zookeeper.set("west/b.ini", config("changed"))
    wait_for_heard(emperor, "b.ini", [RELOAD])
    assert emperor.journal.heard(PIPE + "a.ini") == []


def test_real_uwsgi_is_run_from_a_node(
    start_emperor: StartEmperor, zookeeper: ZooKeeperSource, uwsgi_binary: str, tmp_path: Path, free_port: int
) -> None:
    """The how-to's site answers, and answers otherwise after its node was set."""
    page = (Path(__file__).parents[3] / "docs" / "monitors" / "zoo.md").read_text()
    (app,) = re.findall(r'```python title="/srv/site/app.py"\n(.*?)```', page, re.DOTALL)
    (site,) = re.findall(r'```ini title="site.ini"\n(.*?)```', page, re.DOTALL)
    (tmp_path / "app.py").write_text(app)
    site = site.replace("/srv/site", str(tmp_path)).replace("8080", str(free_port))
    emperor = start_emperor("--emperor", zookeeper.target, fake_vassals=False)
    for text, answer in ((site, b"Ave!\n"), (site.replace("Ave", "Salve"), b"Salve!\n")):
        zookeeper.put("site.ini", text)
        wait_for(partial(answers, free_port, answer), repr(answer), otherwise=emperor.log)


def answers(port: int, answer: bytes) -> bool:
    """Tell whether that is what the site says now."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as response:
            return bool(response.read() == answer)
    except OSError:
        return False

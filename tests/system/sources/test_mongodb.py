"""`mongodb://`: change streams, polls, outages, and whatever may be wrong with a server."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from imperator.monitors.interface import Listing, News, Unreachable
from imperator.monitors.mongodb import make_mongodb_monitor
from imperator.settings import Watching
from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, read_stats
from tests.system.sources.mongod import NOT_A_SET, FakeMongo
from tests.system.sources.mongodb import MongoSource
from tests.system.sources.source import PIPE, config, wait_for_configs, wait_for_heard
from tests.system.sources.test_postgres import answers
from tests.system.sources.tls import make_certificate, tls_in_front_of
from tests.system.waiting import wait_for

RELOAD = 1


@pytest.fixture
def fake(mongo: FakeMongo, monkeypatch: pytest.MonkeyPatch) -> FakeMongo:
    """Return the server that does wrong things when told to, in the place of any real one."""
    monkeypatch.delenv("IMPERATOR_TEST_MONGODB", raising=False)
    return mongo


@pytest.fixture
def source(fake: FakeMongo, mongodb: MongoSource) -> MongoSource:
    """Return a collection of that server."""
    return mongodb


def port_of(fake: FakeMongo) -> int:
    return int(fake.hosts[0].rpartition(":")[2])


def wait_for_stream(fake: FakeMongo) -> None:
    """Return once somebody listens to changes."""
    wait_for(lambda: "getMore" in fake.asked, "a client that waits for changes")


def test_founding_example_works(start_emperor: StartEmperor, mongodb: MongoSource) -> None:
    """The form that uWSGI's manual has always had takes the documents that its filter lets through, and no others."""
    mongodb.put("a.ini", config("a"))
    mongodb.collection.insert_one({"name": "off.ini", "config": config("off"), "enabled": 0})
    target = re.sub(r"/(?=,)", "", mongodb.target)
    emperor = start_emperor("--plugin", "emperor_mongodb", "--emperor", target)
    wait_for_configs(emperor, {"a.ini": config("a")})
    mongodb.collection.update_one({"name": "off.ini"}, {"$set": {"enabled": 1, "ts": mongodb.next_moment()}})
    wait_for_configs(emperor, {"a.ini": config("a"), "off.ini": config("off")})
    mongodb.collection.update_one({"name": "a.ini"}, {"$set": {"enabled": 0}})
    wait_for_configs(emperor, {"off.ini": config("off")})


def test_changes_are_told_and_not_asked_for(start_emperor: StartEmperor, source: MongoSource, fake: FakeMongo) -> None:
    """With change streams only the documents that change are read again, by their _id."""
    source.put_all({f"{number}.ini": config() for number in range(20)})
    emperor = start_emperor("--emperor", source.target)
    wait_for_configs(emperor, {f"{number}.ini": config() for number in range(20)})
    wait_for_stream(fake)
    fake.asked.clear()
    source.touch("7.ini")
    wait_for_heard(emperor, "7.ini", [RELOAD])
    assert fake.asked.count("find") == 1
    assert fake.asked.count("aggregate") == 0


def test_server_without_change_streams_is_polled(start_emperor: StartEmperor, tmp_path: Path) -> None:
    """A server alone is asked every few seconds, or as often as emperor-freq says; that is logged once."""
    with standalone() as (fake, source):
        emperor = start_emperor("--emperor", source.target, "--emperor-freq", "1")
        emperor.wait_for_log("it has no change streams: The $changeStream stage is only supported on replica sets")
        source.put("a.ini", config("a"))
        source.put("b.ini", config("b"))
        wait_for_configs(emperor, {"a.ini": config("a"), "b.ini": config("b")})
        source.remove("a.ini")
        source.touch("b.ini")
        wait_for_configs(emperor, {"b.ini": config("b")})
        wait_for_heard(emperor, "b.ini", [RELOAD])
        assert fake.asked.count("aggregate") == 1
        assert emperor.log().count("change streams") == 1


@contextmanager
def standalone() -> Iterator[tuple[FakeMongo, MongoSource]]:
    """Return a server that is no replica set, and a collection of it."""
    fake = FakeMongo(is_set=False)
    fake.start()
    source = MongoSource(f"mongodb://{fake.hosts[0]}/", "emperor")
    yield fake, source
    source.close()
    fake.stop()


def test_collection_that_is_suddenly_empty_is_doubted(start_emperor: StartEmperor) -> None:
    """A poll that finds nothing where there was something stops nothing until it is asked once more."""
    with standalone() as (_, source):
        source.put("a.ini", config())
        emperor = start_emperor("--emperor", source.target, "--emperor-freq", "1")
        wait_for_configs(emperor, {"a.ini": config()})
        source.collection.drop()
        emperor.wait_for_log("it holds no vassal any more: asked again in 10 s")
        wait_for_configs(emperor, {"a.ini": config()})
        emperor.send(signal.SIGWINCH)
        wait_for_configs(emperor, {})


def test_dropped_collection_is_listed_anew(start_emperor: StartEmperor, source: MongoSource) -> None:
    """A collection that is dropped and filled again has its new documents, and what is in both goes on."""
    source.put_all({"kept.ini": config("kept"), "gone.ini": config("gone")})
    emperor = start_emperor("--emperor", source.target)
    wait_for_configs(emperor, {"kept.ini": config("kept"), "gone.ini": config("gone")})
    source.collection.drop()
    source.put_all({"kept.ini": config("kept"), "new.ini": config("new")})
    wait_for_configs(emperor, {"kept.ini": config("kept"), "new.ini": config("new")})
    assert len(emperor.journal.starts(PIPE + "kept.ini")) == 1


def test_server_that_is_down_is_waited_for(
    start_emperor: StartEmperor, source: MongoSource, fake: FakeMongo, vassals: Path, tmp_path: Path
) -> None:
    """Down at the start: the Emperor runs, other sources work, the state is told, and it connects when it can."""
    (vassals / "file.ini").write_text(config("file"))
    port = port_of(fake)
    fake.kill(port)
    stats = tmp_path / "stats"
    emperor = start_emperor("--emperor", source.target, "--emperor", str(vassals), "--emperor-stats", str(stats))
    emperor.wait_for_log("cannot be reached (")
    emperor.wait_for_log("): see that it runs, and that the address is right; trying again at ")
    emperor.wait_for_running({"file.ini": config("file")})
    (told,) = [one for one in read_stats(stats)["sources"] if one["monitor"] == source.target]
    assert (told["connected"], told["last_error"].startswith("cannot be reached")) == (0, True)
    assert told["next_try"] >= told["last_error_at"] > 0
    fake.start(port)
    source.put("a.ini", config("a"))
    emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("a")})
    assert emperor.log().count("cannot be reached") == 1


def test_five_kills_under_load_lose_nothing(start_emperor: StartEmperor, source: MongoSource, fake: FakeMongo) -> None:
    """While a writer goes on, the server ends five times: no vassal stops, no change is lost or seen twice."""
    configs = {f"{number}.ini": config("first") for number in range(10)}
    source.put_all(configs)
    emperor = start_emperor("--emperor", source.target)
    wait_for_configs(emperor, configs)
    port = port_of(fake)
    for turn in range(5):
        for number in range(10):
            configs[f"{number}.ini"] = config(f"turn {turn}")
            source.put(f"{number}.ini", configs[f"{number}.ini"])
            if number == 5:
                fake.kill(port)
                fake.start(port)
    wait_for_configs(emperor, configs)
    assert emperor.journal.entries(event="left") == []
    assert len(emperor.journal.entries(event="started")) == 10


def test_what_changed_during_an_outage_is_resumed(
    start_emperor: StartEmperor, source: MongoSource, fake: FakeMongo
) -> None:
    """After an outage the stream goes on from its token: nothing is listed anew, and nothing is missed."""
    source.put_all({"a.ini": config("a"), "b.ini": config("b")})
    emperor = start_emperor("--emperor", source.target)
    wait_for_configs(emperor, {"a.ini": config("a"), "b.ini": config("b")})
    wait_for_stream(fake)
    port = port_of(fake)
    fake.kill(port)
    emperor.wait_for_log("cannot be reached (")
    change = {"q": {"name": "a.ini"}, "u": {"$set": {"ts": source.next_moment()}}}
    fake.run(update="vassals", updates=[change], database=source.database)
    fake.run(delete="vassals", deletes=[{"q": {"name": "b.ini"}, "limit": 1}], database=source.database)
    fake.filters.clear()
    fake.start(port)
    wait_for_configs(emperor, {"a.ini": config("a")})
    wait_for_heard(emperor, "a.ini", [RELOAD])
    emperor.wait_for_log("connected again after")
    assert [wanted for wanted in fake.filters if "$and" not in wanted] == []  # only what changed is read


def test_lost_token_means_a_new_listing(start_emperor: StartEmperor, source: MongoSource, fake: FakeMongo) -> None:
    """A server that has forgotten what it told last is listed, so that nothing is missed all the same."""
    source.put_all({"a.ini": config("a"), "b.ini": config("b")})
    emperor = start_emperor("--emperor", source.target)
    wait_for_configs(emperor, {"a.ini": config("a"), "b.ini": config("b")})
    wait_for_stream(fake)
    fake.refusals["aggregate"] = fake.refusals["getMore"] = (286, "the resume point may no longer be in the oplog")
    source.touch("a.ini")
    emperor.wait_for_log("it refuses (the resume point may no longer be in the oplog)")
    source.remove("b.ini")
    fake.forget_history()
    fake.refusals.clear()
    wait_for_configs(emperor, {"a.ini": config("a")})
    wait_for_heard(emperor, "a.ini", [RELOAD])


def test_server_that_tells_of_changes_no_more_is_polled(
    start_emperor: StartEmperor, source: MongoSource, fake: FakeMongo
) -> None:
    """A change that was told and not read yet is read with everything else, and not asked for again and again."""
    source.put("a.ini", config("a"))
    emperor = start_emperor("--emperor", source.target, "--emperor-freq", "3600")
    wait_for_configs(emperor, {"a.ini": config("a")})
    wait_for_stream(fake)
    fake.refusals["find"] = (13, "not authorized on e to execute command")
    source.touch("a.ini")
    emperor.wait_for_log("it refuses (not authorized on e to execute command)")
    fake.refusals["aggregate"] = NOT_A_SET
    del fake.refusals["find"]
    wait_for_heard(emperor, "a.ini", [RELOAD])
    fake.asked.clear()
    source.put("b.ini", config("b"))
    emperor.send(signal.SIGWINCH)
    wait_for_configs(emperor, {"a.ini": config("a"), "b.ini": config("b")})
    assert fake.asked.count("find") == 1


async def test_nothing_is_lost_when_a_server_begins_to_tell_of_changes(
    source: MongoSource, fake: FakeMongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changed before the first stream and could not be read after it is read when it can be."""
    monkeypatch.setattr("imperator.monitors.mongodb._TRYING_TO_HEAR_SECONDS", 0.0)
    fake.is_set = False
    monitor = make_mongodb_monitor(source.target.removeprefix("mongodb://"), Watching(rescan_seconds=3600), "/")
    source.put("a.ini", config("first"))
    async with asyncio.timeout(30), aclosing(monitor.news()) as all_news:
        assert await configs_of(all_news) == {"a.ini": config("first").encode()}
        fake.is_set = True
        change = {"q": {"name": "a.ini"}, "u": {"$set": {"config": config("second")}}}
        fake.run(update="vassals", updates=[change], database=source.database)
        fake.refusals["find"] = (91, "The server is in quiesce mode and will shut down")
        monitor.look_now()
        assert isinstance(await anext(all_news), Unreachable)
        fake.refusals.clear()
        monitor.look_now()
        assert await configs_of(all_news) == {"a.ini": config("second").encode()}


async def configs_of(all_news: AsyncGenerator[News, None]) -> dict[str, bytes | None]:
    """Return the configurations of the next listing."""
    async for news in all_news:
        if isinstance(news, Listing):
            return {spec.name: spec.config for spec in news.specs}
    raise AssertionError("the news ended")


def test_failover_is_followed(start_emperor: StartEmperor, source: MongoSource, fake: FakeMongo) -> None:
    """When another member becomes the primary, changes are told by that one; no vassal stops."""
    fake.start()
    first, second = fake.hosts
    members = MongoSource(f"mongodb://{first},{second}/?replicaSet=rs", source.database)
    members.put("a.ini", config("first"))
    emperor = start_emperor("--emperor", members.target)
    wait_for_configs(emperor, {"a.ini": config("first")})
    fake.primary = second
    fake.kill(port_of(fake))
    members.put("a.ini", config("second"))
    wait_for_configs(emperor, {"a.ini": config("second")})
    assert emperor.journal.heard(PIPE + "a.ini") == [RELOAD]
    members.close()


FAULTS = [
    ("find", (13, "not authorized on e to execute command"), "grant the user the role read on emperor"),
    ("find", (2, "unknown operator: $frob"), "it refuses (unknown operator: $frob): see that filter and collection"),
    ("find", (50, "operation exceeded time limit"), "see what slows the server down"),
]


@pytest.mark.parametrize(("command", "refusal", "reason"), FAULTS)
def test_answer_that_is_an_error_stops_nothing(
    start_emperor: StartEmperor,
    source: MongoSource,
    fake: FakeMongo,
    tmp_path: Path,
    command: str,
    refusal: tuple[int, str],
    reason: str,
) -> None:
    """An error is no empty answer: vassals go on, and the reason is in log and stats until it is put right."""
    source.put("a.ini", config())
    stats = str(tmp_path / "stats")
    emperor = start_emperor("--emperor", source.target, "--emperor-freq", "1", "--emperor-stats", stats)
    wait_for_configs(emperor, {"a.ini": config()})
    fake.refusals[command] = refusal
    emperor.wait_for_log(reason)
    (told,) = read_stats(stats)["unreachable"]
    assert reason in told["reason"]
    fake.refusals.clear()
    emperor.wait_for_log("connected again")
    source.put("b.ini", config())
    wait_for_configs(emperor, {"a.ini": config(), "b.ini": config()})
    assert emperor.journal.heard(PIPE + "a.ini") == []


def test_error_in_the_middle_is_no_listing(start_emperor: StartEmperor) -> None:
    """An answer whose second part is an error stops none of the vassals that would have been in it."""
    configs = {f"{number}.ini": config() for number in range(300)}
    with standalone() as (fake, source):
        source.put_all(configs)
        emperor = start_emperor("--emperor", source.target, "--emperor-freq", "1")
        wait_for_configs(emperor, configs)
        fake.refusals["getMore"] = (43, "cursor id 5 not found")
        emperor.wait_for_log("it refuses (cursor id 5 not found)")
        fake.refusals.clear()
        emperor.wait_for_log("connected again")
        assert emperor.journal.entries(event="left") == []


def test_server_that_hangs_stops_nothing(start_emperor: StartEmperor, source: MongoSource, fake: FakeMongo) -> None:
    """Questions that are never answered are given up, the vassals go on, and the Emperor ends at once when told to."""
    source.put("a.ini", config())
    emperor = start_emperor("--emperor", source.target, "--emperor-freq", "1")
    wait_for_configs(emperor, {"a.ini": config()})
    wait_for(lambda: fake.asked.count("find") > 2, "a second connection")
    fake.silent |= {"find", "getMore", "aggregate", "killCursors", "endSessions", "ping", "ismaster", "hello"}
    fake.asked.clear()
    wait_for(lambda: "find" in fake.asked, "a question")
    assert emperor.journal.entries(event="left") == []
    assert emperor.stop(limit_seconds=5) == 0


def test_silence_is_told(start_emperor: StartEmperor, source: MongoSource, fake: FakeMongo) -> None:
    """A server that lets us in and answers nothing more is told as that, and tried again until it answers."""
    source.put("a.ini", config())
    fake.silent.add("aggregate")
    emperor = start_emperor("--emperor", source.target)
    emperor.wait_for_log("does not answer within 10 s: see whether it hangs")
    fake.silent.clear()
    wait_for_configs(emperor, {"a.ini": config()})


def test_wrong_password_then_right(
    start_emperor: StartEmperor, source: MongoSource, fake: FakeMongo, tmp_path: Path
) -> None:
    """Wrong credentials are told and tried again; neither log, stats nor the process list hold the password."""
    source.put("a.ini", config())
    kept = tmp_path / "mongo.dsn"
    address = f"me:sesame@{fake.hosts[0]}/?authMechanism=PLAIN&authSource=$external"
    kept.write_text(source.target.replace(f"{fake.hosts[0]}/", address))
    stats = str(tmp_path / "stats")
    emperor = start_emperor("--emperor", f"mongodb://@{kept}", "--emperor-stats", stats, "--log-level", "debug")
    emperor.wait_for_log("it refuses (Authentication failed.): see that user, password and authSource are right")
    fake.passwords["me"] = "sesame"
    wait_for_configs(emperor, {"a.ini": config()})
    command_line = Path(f"/proc/{emperor.pid}/cmdline").read_text()
    assert "sesame" not in emperor.log() + str(read_stats(stats)) + command_line


def test_tls_is_spoken_and_checked(start_emperor: StartEmperor, tmp_path: Path) -> None:
    """With `tls` a certificate that is vouched for is trusted, and no other."""
    certificate = make_certificate(tmp_path)
    with standalone() as (fake, source), tls_in_front_of(port_of(fake), certificate) as port:
        source.put("a.ini", config())
        address = f"mongodb://localhost:{port}/{source.database}.vassals?tls=true"
        stranger = start_emperor("--emperor", address)
        stranger.wait_for_log("certificate verify failed")
        assert stranger.journal.entries() == []
        friend = start_emperor("--emperor", f"{address}&tlsCAFile={certificate}")
        wait_for_configs(friend, {"a.ini": config()})


def test_documents_that_cannot_be_read_cost_themselves_only(start_emperor: StartEmperor, mongodb: MongoSource) -> None:
    """Fields that are missing or of other kinds are refused by name; the good document runs."""
    moment = mongodb.next_moment()
    mongodb.collection.insert_many(
        [
            {"name": "array.ini", "config": ["x"], "ts": moment, "enabled": 1},
            {"name": "no-ts.ini", "config": "x", "enabled": 1},
            {"config": "x", "ts": moment, "enabled": 1},
            {"_id": {"a": 1}, "name": "twice.ini", "config": "x", "ts": moment, "enabled": 1},
            {"_id": {"a": 2}, "name": "twice.ini", "config": "y", "ts": moment, "enabled": 1},
            {"name": "good.ini", "config": config(), "ts": moment, "enabled": 1, "uid": 0.0},
        ]
    )
    emperor = start_emperor("--emperor", mongodb.target)
    wait_for_configs(emperor, {"good.ini": config()})
    for reason in (
        "array.ini: its configuration is an array and has to be text",
        "no-ts.ini: it has no ts: give it the moment of its last change",
        "(no name): it has no name",
        "twice.ini: there are several entries of this name",
    ):
        emperor.wait_for_log(reason)
    mongodb.collection.delete_one({"_id": {"a": 1}})
    wait_for_configs(emperor, {"good.ini": config(), "twice.ini": "y"})


def test_bad_targets_end_the_command(start_emperor: StartEmperor) -> None:
    """What cannot be understood is told with exit code 2, and no piece of a password."""
    for target, reason in (
        ("mongodb://me:hal/f@db,e.v", "wanted an address that MongoDB's driver can read, found something else"),
        ("mongodb://db,e.v,{enabled:yes}", "wanted a value; a text needs quotes at character 10 of the filter"),
    ):
        emperor = start_emperor("--emperor", target)
        assert emperor.wait_for_exit() == 2
        assert reason in emperor.log()
        assert "hal" not in emperor.log()


def test_missing_driver_names_the_extra(start_emperor: StartEmperor, tmp_path: Path) -> None:
    """Without pymongo the error says what to install, whichever form the scheme has, and hides the password."""
    for module in ("pymongo", "bson"):
        (tmp_path / f"{module}.py").write_text(f"raise ModuleNotFoundError(\"No module named '{module}'\")\n")
    for scheme in ("mongodb", "mongodb+srv"):
        target = f"{scheme}://me:secret@db.example.org"
        emperor = start_emperor("--emperor", target, environment={"PYTHONPATH": str(tmp_path)})
        assert emperor.wait_for_exit() == 2
        assert 'Install it: pip install "imperator[mongodb]"' in emperor.log()
        assert "secret" not in emperor.log()


def test_name_that_the_dns_does_not_know_is_told(start_emperor: StartEmperor, vassals: Path) -> None:
    """A `mongodb+srv://` name without servers is tried again, and the other sources work meanwhile."""
    (vassals / "file.ini").write_text(config("file"))
    emperor: Empire = start_emperor("--emperor", "mongodb+srv://db.imperator.invalid/,e.v", "--emperor", str(vassals))
    emperor.wait_for_running({"file.ini": config("file")})
    emperor.wait_for_log("mongodb+srv://db.imperator.invalid/,e.v: ")
    emperor.wait_for_log("; trying again at ")


def test_real_uwsgi_is_run_from_a_document(
    start_emperor: StartEmperor, mongodb: MongoSource, uwsgi_binary: str, tmp_path: Path
) -> None:
    """The how-to's site answers, and answers otherwise after its document has changed."""
    page = (Path(__file__).parents[3] / "docs" / "monitors" / "mongodb.md").read_text()
    (app,) = re.findall(r'```python title="/srv/site/app.py"\n(.*?)```', page, re.DOTALL)
    (insert,) = re.findall(r'```python title="site.py"\n(.*?)```', page, re.DOTALL)
    (update,) = re.findall(r'```python title="change.py"\n(.*?)```', page, re.DOTALL)
    (tmp_path / "app.py").write_text(app)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    uri, _, _ = mongodb.target.partition(",")
    emperor = start_emperor("--emperor", mongodb.target, fake_vassals=False)
    for program, answer in ((insert, b"Ave!\n"), (update, b"Salve!\n")):
        program = program.replace("mongodb://127.0.0.1:27017", uri).replace('"emperor"', repr(mongodb.database))
        exec(program.replace("/srv/site", str(tmp_path)).replace("8080", str(port)), {})
        wait_for(partial(answers, port, answer), repr(answer), otherwise=emperor.log)

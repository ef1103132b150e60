"""`pg://`: queries, notices, outages, and whatever may be wrong with a database."""

from __future__ import annotations

import re
import signal
import socket
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, read_stats
from tests.system.sources.postgres import PASSWORD, PostgresServer, PostgresSource
from tests.system.sources.source import PIPE, config, wait_for_configs, wait_for_heard
from tests.system.waiting import wait_for

RELOAD = 1
NO_TRIGGER = "DROP TRIGGER imperator_notify ON vassals"


@pytest.fixture
def server(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """Return the server for a test that kills it; afterwards it runs again."""
    yield postgres_server
    if postgres_server.process.poll() is not None:
        postgres_server.start()


def url(source: PostgresSource) -> str:
    """Return the same database as libpq's URL."""
    return f"postgresql://master:{quote(PASSWORD)}@127.0.0.1:{source.server.port}/{source.database}"


def targets(source: PostgresSource) -> dict[str, str]:
    """Return the ways in which a target may be written."""
    return {
        "keywords": source.target,
        "URL": f"pg://{url(source)}",
        "URL, scheme once": f"pg://{url(source).removeprefix('postgresql://')}",
        "founding document's query": f"{source.target};SELECT name,config,ts FROM vassals",
        "uWSGI's own query": f"{source.target};SELECT name,config,EXTRACT(epoch FROM ts) FROM vassals",
        "all columns": f"{source.target};SELECT name, config, ts, uid, gid, socket FROM vassals;",
        "bytes": f"{source.target};SELECT name, convert_to(config, 'UTF8'), 1 FROM vassals",
    }


WAYS = [
    "keywords",
    "URL",
    "URL, scheme once",
    "founding document's query",
    "uWSGI's own query",
    "all columns",
    "bytes",
]


@pytest.mark.parametrize("way", WAYS)
def test_target_may_be_written_so(start_emperor: StartEmperor, postgres: PostgresSource, way: str) -> None:
    """Each form of connection and query gives its vassals and hears of changes."""
    postgres.put("a.ini", config("first"))
    emperor = start_emperor("--plugin", "emperor_pg", "--emperor", targets(postgres)[way])
    wait_for_configs(emperor, {"a.ini": config("first")})
    postgres.put("a.ini", config("second"))
    wait_for_heard(emperor, "a.ini", [RELOAD])
    assert PASSWORD not in emperor.log()


def test_table_without_trigger_is_polled(start_emperor: StartEmperor, postgres: PostgresSource) -> None:
    """Where the database tells nothing it is asked every few seconds, or as often as emperor-freq says."""
    postgres.do(NO_TRIGGER)
    emperor = start_emperor("--emperor", postgres.target, "--emperor-freq", "1")
    emperor.wait_for_log(": connected")
    postgres.put("a.ini", config("a"))
    wait_for_configs(emperor, {"a.ini": config("a")})
    postgres.remove("a.ini")
    wait_for_configs(emperor, {})


def test_change_that_is_rolled_back_is_none(start_emperor: StartEmperor, postgres: PostgresSource) -> None:
    """Only what is committed reaches a vassal, and one transaction with several changes reloads once."""
    postgres.put("a.ini", config("first"))
    emperor = start_emperor("--emperor", postgres.target)
    wait_for_configs(emperor, {"a.ini": config("first")})
    with postgres.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute("UPDATE vassals SET config = 'never'")
    with postgres.connect() as connection, connection.transaction():
        for text in ("second", "third"):
            connection.execute("UPDATE vassals SET config = %s", (config(text),))
    wait_for_configs(emperor, {"a.ini": config("third")})
    assert emperor.journal.heard(PIPE + "a.ini") == [RELOAD]


PLACES = ["file", "environment"]


@pytest.mark.parametrize("place", PLACES)
def test_password_is_shown_nowhere(
    start_emperor: StartEmperor, postgres: PostgresSource, tmp_path: Path, place: str
) -> None:
    """With the target kept elsewhere, neither log, stats nor the process list hold the password."""
    file = tmp_path / "pg.dsn"
    file.write_text(postgres.target + "\n")
    target = f"pg://@{file}" if place == "file" else "pg://@EMPEROR_DSN"
    stats = str(tmp_path / "stats")
    emperor = start_emperor(
        *("--emperor", target, "--emperor-stats", stats, "--log-level", "debug"),
        environment={"EMPEROR_DSN": postgres.target} if place == "environment" else None,
    )
    postgres.put("a.ini", config())
    wait_for_configs(emperor, {"a.ini": config()})
    told = read_stats(stats)
    assert [vassal["monitor"] for vassal in told["vassals"]] == [target]
    command_line = Path(f"/proc/{emperor.pid}/cmdline").read_text()
    assert PASSWORD not in emperor.log() + str(told) + command_line


FAULTS = [
    ("ALTER TABLE vassals RENAME TO others", '(relation "vassals" does not exist): create the table (imperator schema'),
    ("ALTER TABLE vassals RENAME ts TO changed", "(the table vassals has no column ts): correct the query"),
    (
        "ALTER TABLE vassals RENAME TO others; CREATE VIEW vassals AS SELECT name, config, ts, 1/0 AS uid FROM others",
        "(division by zero): correct the query or what it reads",
    ),
]


@pytest.mark.parametrize(("fault", "reason"), FAULTS)
def test_query_that_fails_stops_nothing(
    start_emperor: StartEmperor, postgres: PostgresSource, tmp_path: Path, fault: str, reason: str
) -> None:
    """An answer that is an error is no empty answer: vassals go on, and the reason is in log and stats."""
    postgres.put("a.ini", config())
    stats = str(tmp_path / "stats")
    emperor = start_emperor("--emperor", postgres.target, "--emperor-freq", "1", "--emperor-stats", stats)
    wait_for_configs(emperor, {"a.ini": config()})
    postgres.do(fault)
    emperor.wait_for_log(reason)
    (told,) = read_stats(stats)["unreachable"]
    assert reason in told["reason"]
    wait_for_configs(emperor, {"a.ini": config()})
    assert emperor.journal.heard(PIPE + "a.ini") == []


BAD_QUERIES = [
    ("SELECT name, config FROM vassals", "(the answer has 2 columns where 3 to 6 are wanted: name, config, ts, uid"),
    ("SELECT 1, 2, 3, 4, 5, 6, 7", "(the answer has 7 columns where 3 to 6 are wanted"),
    ("SELEC name", '(syntax error at or near "SELEC"): correct the query'),
    ("SELECT nme, config, ts FROM vassals", '(column "nme" does not exist): correct the query, or add the column'),
    ("SELECT 1, 2, 3; DELETE FROM vassals", "(cannot insert multiple commands into a prepared statement)"),
    ("COPY vassals TO STDOUT", "(the query copies, and has to select)"),
    ("LISTEN x", "(the answer has 0 columns where 3 to 6 are wanted"),
    ("SELECT 'a', 'b', pg_sleep(60)", "does not answer within 10 s: see whether it hangs, or what slows the query"),
]


def test_bad_query_is_told(start_emperor: StartEmperor, postgres: PostgresSource) -> None:
    """Whatever cannot give vassals says why and what to do; the other monitors of the same Emperor work."""
    postgres.put("a.ini", config())
    words = [word for query, _ in BAD_QUERIES for word in ("--emperor", f"{postgres.target};{query}")]
    emperor = start_emperor(*words, "--emperor", postgres.target)
    wait_for_configs(emperor, {"a.ini": config()})
    for _, reason in BAD_QUERIES:
        emperor.wait_for_log(reason)


def test_values_that_cannot_be_read_cost_their_row_only(start_emperor: StartEmperor, postgres: PostgresSource) -> None:
    """A moment without end, bytes that are no text and missing values are refused; the good row runs."""
    postgres.put("good.ini", config())
    query = (
        "SELECT name, config::bytea, ts::text FROM vassals UNION SELECT 'inf.ini', 'x', 'infinity' "
        "UNION SELECT 'bytes.ini', '\\xff'::bytea, '1' UNION SELECT NULL, 'x', '1' UNION SELECT 'null.ini', NULL, '1'"
    )
    emperor = start_emperor("--emperor", f"{postgres.target};{query}")
    wait_for_configs(emperor, {"good.ini": config()})
    for reason in (
        "inf.ini: its ts is infinity and has to be seconds",
        "bytes.ini: its configuration is no UTF-8 (at 0)",
        "(no name): it has no name",
        "null.ini: its configuration is empty",
    ):
        emperor.wait_for_log(reason)


def test_settings_of_the_role_change_nothing(start_emperor: StartEmperor, postgres: PostgresSource) -> None:
    """Dates and bytes are understood whatever the database's own settings write them as."""
    for setting in ("datestyle = 'SQL, DMY'", "bytea_output = escape", "timezone = 'Asia/Kolkata'"):
        postgres.do(f"ALTER DATABASE {postgres.database} SET {setting}")
    postgres.put("a.ini", config("\\ and é"))
    emperor = start_emperor("--emperor", targets(postgres)["bytes"].replace(", 1 FROM", ", ts FROM"))
    wait_for_configs(emperor, {"a.ini": config("\\ and é")})


def test_wrong_password_then_right(start_emperor: StartEmperor, postgres: PostgresSource) -> None:
    """Wrong credentials are told, and tried again until they are right."""
    postgres.do("CREATE ROLE emperor LOGIN PASSWORD 'other'")
    target = f"pg://{postgres.server.conninfo(postgres.database, user='emperor')}"
    postgres.put("a.ini", config())
    emperor = start_emperor("--emperor", target)
    emperor.wait_for_log('password authentication failed for user "emperor"')
    postgres.do(f"ALTER ROLE emperor PASSWORD '{PASSWORD}'")
    emperor.wait_for_log("permission denied for table vassals): grant SELECT to the user")
    postgres.do("GRANT SELECT ON vassals TO emperor")
    wait_for_configs(emperor, {"a.ini": config()})
    postgres.do("REVOKE SELECT ON vassals FROM emperor")
    emperor.send(signal.SIGWINCH)
    wait_for(lambda: emperor.log().count("permission denied for table vassals") == 2, "a second refusal")
    wait_for_configs(emperor, {"a.ini": config()})
    postgres.do("GRANT SELECT ON vassals TO emperor")
    postgres.put("b.ini", config("b"))
    wait_for_configs(emperor, {"a.ini": config(), "b.ini": config("b")})
    postgres.do("DROP OWNED BY emperor; DROP ROLE emperor")


def test_five_kills_lose_no_change_and_stop_no_vassal(
    start_emperor: StartEmperor, postgres: PostgresSource, server: PostgresServer
) -> None:
    """Each time the server is killed vassals go on, and what is committed once it is back reaches them."""
    emperor = start_emperor("--emperor", postgres.target)
    postgres.put_all({"steady.ini": config(), "changing.ini": config("0")})
    wait_for_configs(emperor, {"steady.ini": config(), "changing.ini": config("0")})
    for number in range(1, 6):
        server.kill()
        server.start()
        postgres.put("changing.ini", config(str(number)))
        wait_for_configs(emperor, {"steady.ini": config(), "changing.ini": config(str(number))})
    assert emperor.journal.heard(PIPE + "steady.ini") == []
    assert emperor.journal.heard(PIPE + "changing.ini") == [RELOAD] * 5
    assert len(emperor.journal.entries(event="started")) == 2


def test_five_kills_under_load_lose_no_change(
    start_emperor: StartEmperor, postgres: PostgresSource, server: PostgresServer
) -> None:
    """While a writer goes on and tries again what failed, five kills stop no vassal and lose nothing it committed."""
    configs = {f"{number}.ini": config("first") for number in range(10)}
    postgres.put_all(configs)
    emperor = start_emperor("--emperor", postgres.target)
    wait_for_configs(emperor, configs)
    is_over, failures = threading.Event(), []

    def write_on() -> None:
        turn = 0
        while not is_over.is_set():
            name, turn = f"{turn % 10}.ini", turn + 1
            try:
                postgres.put(name, config(f"turn {turn}"))
            except psycopg.OperationalError as failure:  # committed or not: it may be either
                failures.append(failure)
            else:
                configs[name] = config(f"turn {turn}")

    def settle() -> None:
        for name in configs:
            configs[name] = config(f"last of {name}")
            postgres.put(name, configs[name])

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        for kill in range(1, 6):
            heard = len(emperor.journal.entries(event="heard"))
            wait_for(partial(has_heard_more, emperor, heard), f"a change before kill {kill}", otherwise=emperor.log)
            server.kill()
            wait_for(partial(len, failures), "a write that fails")
            failures.clear()
            server.start()
    finally:
        is_over.set()
        writer.join()
    settle()
    wait_for_configs(emperor, configs)
    assert emperor.journal.entries(event="left") == []
    assert len(emperor.journal.entries(event="started")) == 10


def has_heard_more(emperor: Empire, than: int) -> bool:
    """Tell whether vassals were told of more changes than so many."""
    return len(emperor.journal.entries(event="heard")) > than


def test_server_that_is_down_at_the_start_is_waited_for(
    start_emperor: StartEmperor, postgres: PostgresSource, server: PostgresServer, vassals: Path
) -> None:
    """The Emperor runs, its other monitors work, and it connects when it can."""
    (vassals / "file.ini").write_text(config("file"))
    postgres.put("a.ini", config("a"))
    server.kill()
    emperor = start_emperor("--emperor", postgres.target, "--emperor", str(vassals))
    emperor.wait_for_running({"file.ini": config("file")})
    emperor.wait_for_log("Connection refused")
    server.start()
    emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("a")})


def test_server_that_hangs_is_left_and_found_again(
    start_emperor: StartEmperor, postgres: PostgresSource, server: PostgresServer, vassals: Path
) -> None:
    """A server that stands still is told after ten seconds, delays nobody else, and is heard when it goes on."""
    postgres.put("a.ini", config("a"))
    emperor = start_emperor("--emperor", postgres.target, "--emperor", str(vassals), "--emperor-freq", "1")
    wait_for_configs(emperor, {"a.ini": config("a")})
    server.freeze()
    try:
        (vassals / "file.ini").write_text(config("file"))
        emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("a")})
        emperor.wait_for_log("does not answer within 10 s: see whether it hangs")
    finally:
        server.freeze(signal.SIGCONT)
    postgres.put("a.ini", config("b"))
    emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("b")})


def test_empty_table_after_an_outage_is_doubted(start_emperor: StartEmperor, postgres: PostgresSource) -> None:
    """A database that is back without any row may be being restored: vassals go on until it is asked once more."""
    postgres.do(NO_TRIGGER)
    postgres.put("a.ini", config())
    emperor = start_emperor("--emperor", postgres.target, "--emperor-freq", "3600")
    wait_for_configs(emperor, {"a.ini": config()})
    postgres.do("DELETE FROM vassals")
    postgres.do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'imperator'")
    emperor.wait_for_log("it is back and holds no vassal: asked again in 10 s")
    wait_for_configs(emperor, {"a.ini": config()})
    emperor.send(signal.SIGWINCH)
    wait_for_configs(emperor, {})


def test_emperor_stops_at_once_while_the_server_hangs(
    start_emperor: StartEmperor, postgres: PostgresSource, server: PostgresServer
) -> None:
    """SIGTERM ends the Emperor though its question has no answer yet."""
    emperor = start_emperor("--emperor", f"{postgres.target};SELECT 'a', 'b', pg_sleep(60)")
    with postgres.connect() as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%pg_sleep(60)' AND datname = %s"
        wait_for(lambda: connection.execute(asked, (postgres.database,)).fetchone() == (1,), "the question")
    server.freeze()
    try:
        assert emperor.stop(limit_seconds=5) == 0
    finally:
        server.freeze(signal.SIGCONT)


@pytest.mark.parametrize(
    "target", ["pg://host=db password=half a secret;SELECT 1", "pg://me:half/secret@db/x", "pg://me:4/secret@db"]
)
def test_unreadable_address_shows_nothing_of_it(start_emperor: StartEmperor, target: str) -> None:
    """A connection string that libpq cannot read as it is meant ends the command with 2 and no piece of a password."""
    emperor = start_emperor("--emperor", target)
    assert emperor.wait_for_exit() == 2
    assert "wanted what libpq can read" in emperor.log()
    assert "secret" not in emperor.log()


def test_missing_driver_names_the_extra(start_emperor: StartEmperor, tmp_path: Path) -> None:
    """Without psycopg the error says what to install, and hides the password."""
    (tmp_path / "psycopg.py").write_text("raise ModuleNotFoundError(\"No module named 'psycopg'\", name='psycopg')\n")
    emperor = start_emperor("--emperor", "pg://host=db password=secret", environment={"PYTHONPATH": str(tmp_path)})
    assert emperor.wait_for_exit() == 2
    assert 'Install it: pip install "imperator[pg]"' in emperor.log()
    assert "secret" not in emperor.log()


def test_real_uwsgi_is_run_from_a_row(
    start_emperor: StartEmperor, postgres: PostgresSource, uwsgi_binary: str, tmp_path: Path
) -> None:
    """The how-to's site answers, and answers otherwise after its row has changed."""
    page = (Path(__file__).parents[3] / "docs" / "monitors" / "pg.md").read_text()
    (app,) = re.findall(r'```python title="/srv/site/app.py"\n(.*?)```', page, re.DOTALL)
    (insert,) = re.findall(r'```sql title="site.sql"\n(.*?)```', page, re.DOTALL)
    (update,) = re.findall(r'```sql title="change.sql"\n(.*?)```', page, re.DOTALL)
    (tmp_path / "app.py").write_text(app)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    emperor = start_emperor("--emperor", postgres.target, fake_vassals=False)
    for command, answer in ((insert, b"Ave!\n"), (update, b"Salve!\n")):
        postgres.do(command.replace("/srv/site", str(tmp_path)).replace("8080", str(port)))
        wait_for(partial(answers, port, answer), repr(answer), otherwise=emperor.log)


def answers(port: int, answer: bytes) -> bool:
    """Tell whether that is what the site says now."""
    return answer in ask(port)


def ask(port: int) -> bytes:
    """Return the answer of the site, or nothing while nobody answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return b"".join(iter(lambda: client.recv(4096), b""))
    except ConnectionError:
        return b""

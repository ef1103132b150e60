"""How a command line is taken apart."""

from __future__ import annotations

import pytest

from imperator.cli.arguments import Given, parse_arguments


@pytest.mark.parametrize(
    ("argv", "words", "given"),
    [
        ("vassals", ["vassals"], []),
        ("--emperor vassals", [], [("emperor", "vassals")]),
        ("--emperor=vassals", [], [("emperor", "vassals")]),
        ("--vassal-set a=b=c", [], [("vassal-set", "a=b=c")]),
        ("--vassal-set=a=b", [], [("vassal-set", "a=b")]),
        ("a --emperor b c", ["a", "c"], [("emperor", "b")]),
        ("--emperor-nofollow a", ["a"], [("emperor-nofollow", "")]),
        ("--emperor-nofollow=false", [], [("emperor-nofollow", "false")]),
        ("-d log a", ["a"], [("daemonize", "log")]),
        ("-dlog", [], [("daemonize", "log")]),
        ("--master a", ["a"], [("master", "")]),
        ("-M a", ["a"], [("master", "")]),
        ("-MT -d log a", ["a"], [("master", ""), ("enable-threads", ""), ("daemonize", "log")]),
        ("-MTdlog a", ["a"], [("master", ""), ("enable-threads", ""), ("daemonize", "log")]),
        ("-C a", ["a"], [("chmod-socket", "")]),
        ("-C660 a", ["a"], [("chmod-socket", "660")]),
        ("--chmod-socket --master a", ["a"], [("chmod-socket", ""), ("master", "")]),
        ("--chmod-socket 660 a", ["a"], [("chmod-socket", "660")]),
        ("a --chmod-socket", ["a"], [("chmod-socket", "")]),
        ("-s :80 a", ["a"], [("socket", ":80")]),
        ("--plugin emperor_pg a", ["a"], [("plugin", "emperor_pg")]),
        ("--emperor-frq 3 a", ["a"], [("emperor-frq", "3")]),
        ("--emperor-nofolow a", ["a"], [("emperor-nofolow", "")]),
        ("-- --odd -name", ["--odd", "-name"], []),
        ("-", ["-"], []),
    ],
)
def test_words_and_options(argv: str, words: list[str], given: list[tuple[str, str]]) -> None:
    """Options may stand anywhere and take their value after a space or an equals sign; what is left are targets."""
    arguments = parse_arguments(argv.split())
    assert arguments.words == words
    assert arguments.given == [Given(name, value) for name, value in given]
    assert not arguments.faults


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ("--emperor-freq", "--emperor-freq: wanted seconds, 1 to 86400, found nothing. Write its value after it."),
        ("--ini", "--ini: wanted a file, found nothing. Write its value after it."),
        ("-l", "--listen: wanted a whole number, 1 to 65535, found nothing. Write its value after it."),
        ("-M1", "-1: wanted an option by its long name, found a letter that stands for none. See imperator --help."),
    ],
)
def test_faults(argv: str, told: str) -> None:
    """What cannot be read is told with what would have been right."""
    assert [str(fault) for fault in parse_arguments(argv.split()).faults] == [told]


def test_files() -> None:
    """Each way of naming a configuration file says its dialect."""
    argv = [
        "--ini",
        "a",
        "--yaml",
        "b",
        "--yml=c",
        "--json",
        "d",
        "--js",
        "e",
        "--xml",
        "f",
        "--config",
        "g.ini",
        "-y",
        "h",
        "-jk",
        "-x",
        "l",
    ]
    files = [
        ("ini", "a"),
        ("yaml", "b"),
        ("yaml", "c"),
        ("json", "d"),
        ("json", "e"),
        ("xml", "f"),
        ("config", "g.ini"),
        ("yaml", "h"),
        ("json", "k"),
        ("xml", "l"),
    ]
    assert parse_arguments(argv).files == files


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help(word: str) -> None:
    """Help may be asked for beside anything else."""
    assert parse_arguments(["vassals", word]).wants_help

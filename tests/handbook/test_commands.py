"""No page tells anybody to type what the command line would refuse."""

import re
import shlex
from pathlib import Path

import click
import pytest

from verifuse.cli import cli
from verifuse.cli.reference_page import command_line_page
from verifuse.scenarios import load, shipped
from verifuse.studies import STUDIES, settings_of
from verifuse.sweeps import shipped_sweeps

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "contracts/README.md"]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
FENCE = re.compile(r"^```([\w{}-]*)[^\n]*\n(.*?)^```$", re.S | re.M)
SHELLS = {"sh", "bash", "powershell", "console", ""}
INLINE = re.compile(r"`((?:\.venv/bin/)?verifuse [^`]+)`")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")

PLACEHOLDERS = {"N": "2", "I/N": "1/2", "…": None, "DIR": "runs/x", "SECONDS": "1"}


def in_blocks(text):
    """Give the command lines of a page's blocks, continued lines joined."""
    for language, block in FENCE.findall(text):
        if language not in SHELLS:
            continue
        yield from (line.strip() for line in block.replace("\\\n", " ").splitlines() if line.strip())


def words(line):
    """Return what the command gets, without a comment, without where its output goes."""
    found = shlex.split(re.sub(r" > \S+", "", line), comments=True)
    return [PLACEHOLDERS.get(word, word) for word in found if PLACEHOLDERS.get(word, word) is not None]


def parsed(line, *, whole):
    """Return a command's name and what it understood; fails where it would refuse.

    A sentence may leave out what has to follow, as in *continue with `verifuse resume`*.
    """
    program, *rest = words(line)
    assert Path(program).name == "verifuse"
    if not rest or rest[0].startswith("-"):
        return "", {}
    assert rest[0] in cli.commands, f"there is no command {rest[0]}"
    try:
        return rest[0], cli.commands[rest[0]].make_context(rest[0], rest[1:]).params
    except click.exceptions.Exit:  # of --help
        return rest[0], {}
    except click.MissingParameter:
        if whole:
            raise
        return rest[0], {}


def check_names(name, found):
    """Assert that scenarios, sweeps, studies and their settings exist where they are named."""
    if not found:
        return
    own = re.compile(r".*\.toml|[A-Z]+|runs/\S+")
    if name in ("run", "show"):
        scenario = found.get("scenario", "quick")
        assert own.fullmatch(scenario) or scenario in shipped(), f"there is no scenario {scenario}"
    if name == "new":
        assert found["source"] in shipped()
    if name == "sweep" and found["file"]:
        assert own.fullmatch(found["file"]) or found["file"] in shipped_sweeps()
    if name == "study" and found["name"] and found["name"] != "NAME":
        assert found["name"] in STUDIES
        known = {key for key, _, _ in settings_of(found["name"])}
        assert {override.partition("=")[0].partition(".")[0] for override in found["overrides"]} <= known


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_a_block_is_understood(path):
    for line in in_blocks(path.read_text("utf-8")):
        if re.match(r"(\.venv/bin/)?verifuse\b", line):
            name, found = parsed(line, whole=True)
            check_names(name, found)
            if name in ("run", "show") and found.get("scenario") in shipped():
                load(found["scenario"], found["overrides"], seed=found["seed"])
        elif line.startswith("make "):
            assert re.search(rf"^{line.split()[1]}:", MAKEFILE, re.M), f"there is no target for {line}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_a_sentence_is_understood(path):
    text = path.read_text("utf-8")
    for line in INLINE.findall(FENCE.sub("", text)):
        check_names(*parsed(" ".join(line.split()), whole=False))
    for target in re.findall(r"`make ([a-z-]+)", text):
        assert re.search(rf"^{target}:", MAKEFILE, re.M), f"there is no target {target}"
    for script in re.findall(r"python (benchmarks/\w+\.py)", text):
        assert (ROOT / script).is_file()


def test_the_reference_has_every_command_with_every_option_and_is_up_to_date():
    page = command_line_page()
    for name, command in cli.commands.items():
        section = page.partition(f"## `verifuse {name}`")[2].partition("\n## ")[0]
        assert command.help and command.help.split()[0] in section
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.opts[0] in section
    assert page == (ROOT / "docs/reference/command_line.md").read_text("utf-8"), "run make docs"

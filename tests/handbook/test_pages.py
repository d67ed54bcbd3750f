"""Generated pages are what their generators write, and what they must say is on them."""

import re
import tomllib
from pathlib import Path

import yaml

from verifuse import __version__
from verifuse.contracts import refusals
from verifuse.contracts.market import TaskMarket
from verifuse.contracts.reference_page import contract_page, declarations

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_the_page_of_the_contract_is_up_to_date():
    assert contract_page() == (DOCS / "reference/contract.md").read_text("utf-8"), "run make docs"


def test_the_page_of_the_contract_has_every_declaration_of_the_interface():
    source = (ROOT / "contracts/solidity/ITaskMarket.sol").read_text("utf-8")
    found = list(declarations(source))
    kinds = ("function", "event", "error", "struct")
    of_kind = {kind: [one for one in found if one.kind == kind] for kind in kinds}
    assert {one.name for one in of_kind["error"]} <= {*vars(refusals)}
    page = contract_page()
    for one in found:
        if one.kind in ("function", "event", "struct", "enum"):
            assert f"#### `{one.name}`" in page
        assert one.kind == "interface" or one.code.splitlines()[0] in page
        for text in one.texts("notice"):
            assert text.split("\n")[0] in page
    assert len(of_kind["function"]) >= 20 and hasattr(TaskMarket, "announce_model")


def test_a_declaration_is_read_with_its_words_and_nothing_else():
    source = """
interface IShop {
    /// @notice Sells
    ///         something.
    /// @param price what it costs,
    ///        in wei
    // slither-disable-next-line all
    function sell(
        uint256 price
    ) external;

    error Broke(uint256 missing);
}
"""
    shop, sell, broke = declarations(source)
    assert (shop.kind, shop.told) == ("interface", ())
    assert sell.code == "function sell(\n    uint256 price\n) external;"
    assert sell.told == (("notice", "Sells something."), ("param", "price what it costs, in wei"))
    assert (broke.name, broke.told) == ("Broke", ())


def test_how_to_cite_names_this_version():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    setup = (ROOT / "setup.cfg").read_text("utf-8")
    assert f"version = {cff['version']}\n" in setup and cff["version"] == __version__
    assert f"version = {{{cff['version']}}}" in (DOCS / "cite.md").read_text("utf-8")


def test_every_file_that_the_paper_is_mapped_to_is_there():
    for page in ("the_paper", "choices"):
        text = (DOCS / f"explanation/{page}.md").read_text("utf-8")
        for name in re.findall(r"`([a-z_/]+/(?:[a-zA-Z_0-9]+\.(?:py|sol))?)`", text):
            assert (ROOT / name).exists(), f"{page}.md names {name}"


def test_every_toml_on_every_page_is_toml():
    for path in DOCS.rglob("*.md"):
        for block in re.findall(r"^```toml\n(.*?)^```", path.read_text("utf-8"), re.S | re.M):
            assert tomllib.loads(block), path.name

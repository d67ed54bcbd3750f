"""A sweep's page and comparisons, on real markets whose learning is drawn."""

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from verifuse.analysis import incentives, write_sweep_report
from verifuse.analysis.comparison import compare, sides_of
from verifuse.analysis.frames_page import frames_page
from verifuse.analysis.report.compare import write_comparison
from verifuse.analysis.report.shown import ether_text, shown
from verifuse.cli import main
from verifuse.errors import InputError
from verifuse.sweeps import LocalEngine, load_sweep, run_sweep

SWEEP = """
name = "drawn"
description = "Who gains at which threshold? <b>Nobody trains.</b>"
scenario = "quick"
seeds = 2
models = false

[set]
learning = "surrogate"
contributors.partition = "labels"
contributors.count = 2
costs.per_second = "0.0001 ether"

[grid]
task.mafr = [0.2, 0.99]
"""


class Text(HTMLParser):
    """Reads a page's text and checks that its tags are balanced."""

    def __init__(self, page: Path):
        super().__init__()
        self.text, self.open = "", []
        self.feed(page.read_text("utf-8"))
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture(scope="module")
def swept(cache, tmp_path_factory):
    """Two sweeps with one seed in common, and one with none."""
    folder = tmp_path_factory.mktemp("sweeps")
    (folder / "drawn.toml").write_text(SWEEP, "utf-8")
    wanted = {
        "drawn": ((), 2),
        "cheap": (("task.reward='0.5 ether'", "task.mafr=0.2"), [2]),
        "far": ((), [9]),
    }
    engine = LocalEngine(1, cache)
    keep = engine.close
    engine.close = lambda: None
    for name, (changes, seeds) in wanted.items():
        text = SWEEP if name == "drawn" else SWEEP.partition("[grid]")[0]
        (folder / f"{name}.toml").write_text(text, "utf-8")
        sweep = load_sweep(folder / f"{name}.toml", changes, seeds=seeds)
        run_sweep(sweep, folder / name, engine=engine, cache=cache)
    keep()
    return folder


@pytest.fixture(scope="module")
def page(swept, tmp_path_factory):
    return write_sweep_report(swept / "drawn", tmp_path_factory.mktemp("page"))


def test_a_page_tells_question_findings_setting_and_command(page, swept):
    html = page.page.read_text("utf-8")
    text = Text(page.page).text
    for part in (
        "A sweep of 4 runs: 2 points, 2 seeds each (1, 2)",
        "Who gains at which threshold? <b>Nobody trains.</b>",
        "Nothing was trained: accuracies are drawn",
        "Taking part pays for an honest contributor at 1 of 2 points, and costs at 1 (task.mafr = 0.99).",
        "Every wei is accounted for in every run",
        "verifuse sweep drawn/sweep.toml --out drawn-again",
        "verifuse report drawn-again",
    ):
        assert part in text, part
    assert "http" not in html and "<b>Nobody" not in html
    assert html.count("data:image/png;base64,") == len(page.figures)


def test_figures_and_tables_lie_beside_the_page_in_two_formats_each(page, swept):
    for path in page.figures:
        assert path.read_bytes().startswith(b"\x89PNG")
        assert "</svg>" in path.with_suffix(".svg").read_text("utf-8")
    for path in page.tables:
        assert path.with_suffix(".tex").read_text("utf-8").count(r"\\") == len(pd.read_csv(path)) + 1
    exact = incentives.individual_rationality(incentives.payoffs(swept / "drawn"))
    assert (
        pd.read_csv(page.page.parent / "rationality.csv")["gain_wei"].tolist() == exact["gain_wei"].tolist()
    )


def test_the_same_sweep_gives_the_same_files(page, swept, tmp_path):
    again = write_sweep_report(swept / "drawn", tmp_path)
    for path in sorted(page.page.parent.iterdir()):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
    assert again.page.exists()


def test_a_sweep_is_read_run_by_run_in_its_own_order(swept):
    books = incentives.keep_books(swept / "drawn")
    results = pd.read_parquet(swept / "drawn" / "results.parquet")
    assert books.welfare[["run", "point", "seed", "task.mafr"]].equals(
        results[["run", "point", "seed", "task.mafr"]]
    )
    assert books.welfare["rewarded"].tolist() == results["models.rewarded"].tolist()
    contributors = books.payoffs[books.payoffs["role"] == "contributor"]
    assert (contributors["work_cost_wei"] > 0).all() and set(contributors["behaviour"]) == {"honest"}


def test_sides_are_compared_over_the_seeds_that_they_have_in_common(swept):
    found = compare(sides_of([swept / "drawn", swept / "cheap"]))
    by_measure = found[found["setting"] == "task.mafr = 0.2"].set_index("measure")
    assert set(found["pairs"]) == {1} and found["p_value"].isna().all()
    # Half the reward for each of as many rewarded models.
    models = by_measure.loc["rewarded", "first_mean"]
    assert by_measure.loc["rewarded", "difference"] == 0
    assert by_measure.loc["initiator_cost_wei", "difference"] == pytest.approx(-models * 0.5e18, rel=1e-3)


def test_the_points_of_one_sweep_are_sides_and_what_differs_is_told(swept, tmp_path):
    sides = sides_of([swept / "drawn"])
    assert [side.label for side in sides] == ["task.mafr = 0.2", "task.mafr = 0.99"]
    report = write_comparison(sides, tmp_path, "verifuse compare drawn")
    text = Text(report.page).text
    assert "task.mafr = 0.2seeds 1, 2; the others are compared with this" in text
    assert re.search(r"Models rewarded: −\d(\.\d+)? models \(95 % interval", text)
    assert len(report.figures) == 3  # nobody is rewarded at 0.99, so accuracies cannot be paired


def test_runs_that_differ_in_their_seed_only_are_one_side(swept):
    runs = sorted((swept / "drawn" / "runs").iterdir())
    sides = sides_of(runs)
    assert len(sides) == 2 and all(side.seeds == {1, 2} for side in sides)
    with pytest.raises(InputError, match="each run once"):
        sides_of([runs[0], runs[0]])


def test_what_has_no_seed_in_common_is_refused(swept, monkeypatch, capsys):
    command = ["verifuse", "compare", str(swept / "drawn"), str(swept / "far")]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert "1, 2 of drawn and 9 of far" in capsys.readouterr().err
    assert not (swept / "drawn" / "compare").exists()
    with pytest.raises(InputError, match="at least two"):
        compare(sides_of([swept / "far"]))


def test_the_command_line_reports_and_compares_sweeps(swept, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(
        sys, "argv", ["verifuse", "report", str(swept / "drawn"), "--out", str(tmp_path / "a")]
    )
    main()
    assert str(tmp_path / "a" / "index.html") in capsys.readouterr().out
    command = ["verifuse", "compare", str(swept / "drawn"), "--json", "--out", str(tmp_path / "b")]
    monkeypatch.setattr(sys, "argv", command)
    main()
    assert {row["other"] for row in json.loads(capsys.readouterr().out)} == {"task.mafr = 0.99"}
    monkeypatch.setattr(sys, "argv", ["verifuse", "report", str(swept / "drawn"), str(swept / "far")])
    with pytest.raises(SystemExit):
        main()
    assert "verifuse compare takes several" in capsys.readouterr().err


def test_a_sweep_that_was_not_gathered_is_refused(tmp_path):
    (tmp_path / "sweep.toml").write_text(SWEEP, "utf-8")
    with pytest.raises(InputError, match=r"no results\.parquet yet"):
        write_sweep_report(tmp_path, tmp_path / "out")


def test_people_read_ether_intervals_and_rates():
    frame = pd.DataFrame({"mean_wei": [1.5e18], "low_wei": [1.4e18], "high_wei": [1.6e18], "losers": [0.25]})
    assert shown(frame).to_dict("records") == [{"mean (ether)": "1.500 ± 0.1000", "losers": "25.00 %"}]
    assert [ether_text(wei) for wei in (0, -2e15, 1.23456e20, 1e10)] == [
        "0",
        "−0.002000",
        "123.5",
        "0.000000",
    ]


def test_the_python_in_the_documentation_runs(swept, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", frames_page(), re.S)
    monkeypatch.chdir(swept)
    exec(compile(code.replace("runs/contributors_vs_mafr", "drawn"), "analysis.md", "exec"), {})
    assert "losers" in capsys.readouterr().out


def test_every_column_is_documented_where_people_look():
    page = Path(__file__).parents[2] / "docs/reference/analysis.md"
    assert page.read_text("utf-8") == frames_page(), "make docs"
    for name in incentives.__all__:
        if name not in ("Books", "Sample", "SymmetricGame", "keep_books", "samples"):
            assert f"### `{name}`" in frames_page()

import json
import re
import shlex
from collections import Counter
from html.parser import HTMLParser

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from verifuse.analysis import check_conservation, contributors, tell, write_report
from verifuse.analysis.report.command import command_of
from verifuse.analysis.report.content import content_of
from verifuse.analysis.report.files import render
from verifuse.display import show_run
from verifuse.errors import InputError
from verifuse.scenarios import load, read_record

VOID = {"meta", "img", "br", "link"}


class Page(HTMLParser):
    """Reads a page: its text, what it refers to, and whether its tags are balanced."""

    def __init__(self, html):
        super().__init__()
        self.text, self.sources, self.open = "", [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.sources += [value for key, value in attrs if key in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture(scope="module")
def report(run, tmp_path_factory):
    return write_report([run()], tmp_path_factory.mktemp("site") / "new" / "report")


def page_of(records, out):
    return Page(write_report(records, out).page.read_text("utf-8"))


def test_one_page_that_needs_no_other_file(report):
    page = Page(report.page.read_text("utf-8"))
    assert len(page.sources) == len(report.figures) == 4
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in report.figures)
    assert {path.name for path in report.figures} == {
        "figure_8_local_accuracy.png",
        "figure_9_fused_accuracy.png",
        "payments.png",
        "timeline.png",
    }
    assert "http" not in report.page.read_text("utf-8").replace("data:image", "")


def test_the_page_says_what_was_asked_what_came_out_and_how_to_repeat_it(run, report):
    record = run()
    text = Page(report.page.read_text("utf-8")).text
    for part in (
        "3 of 3 announced models were rewarded.",
        "30.00 % accuracy of the fused model; a vote passes strictly above it",
        "all earlier announced models that are not void",
        "Every wei is accounted for",
        "held-out images",
        record.summary["integrated_model"]["cid"],
        record.manifest["digest"],
        record.manifest["libraries"]["jax"],
    ):
        assert part in text
    assert "Beside the paper" not in text


def test_the_command_gives_the_very_scenario(any_run):
    *head, _, seed = shlex.split(command_of(any_run))
    assert head[:2] == ["verifuse", "run"]
    source = head[2] if not head[2].endswith("scenario.toml") else str(any_run.path / "scenario.toml")
    assert load(source, head[3:], seed=int(seed)).resolved() == any_run.scenario


def test_nobody_rewarded_is_said_plainly(run, tmp_path):
    text = page_of([run("nobody is rewarded")], tmp_path).text
    assert "0 of 2 announced models were rewarded." in text
    assert "2 were rejected by the panel's majority." in text
    assert "the initiator has none to integrate" in text
    assert re.search(r"\d\d\.\d\d % against", text)


def test_several_seeds_become_one_page(run, tmp_path):
    first, second = (run("nobody is rewarded", seed) for seed in (1, 2))
    text = page_of([second, first], tmp_path).text
    assert "seeds 1, 2; 2 runs" in text and "95 % interval over 2 runs" in text
    assert text.index(first.manifest["digest"]) < text.index(second.manifest["digest"])


def test_a_hostile_description_stays_text(run, copy_of, tmp_path):
    folder = copy_of(run(), tmp_path / "hostile")
    settings = folder / "scenario.toml"
    first, rest = settings.read_text("utf-8").split("\n", 1)
    rest = re.sub(r"(?m)^title = .*$", "title = '<script>alert(1)</script>'", rest)
    settings.write_text(f"{first}\n{rest}", "utf-8")
    html = write_report([read_record(folder)], tmp_path / "out").page.read_text("utf-8")
    assert "<script" not in html and "&lt;script&gt;alert(1)" in html


def test_the_papers_final_values_stand_beside_ours_in_scenario_2_only(run, copy_of, tmp_path):
    folder = copy_of(run(), tmp_path / "renamed")
    settings = folder / "scenario.toml"
    settings.write_text(settings.read_text("utf-8").replace('name = "quick"', 'name = "paper_2"'), "utf-8")
    # A run of three models has no value for five, and the page must not invent one.
    assert content_of([read_record(folder)])["comparison"] == [
        ("I", "98.4 %", "not measured"),
        ("II", "98.6 %", "not measured"),
    ]
    assert content_of([run()])["comparison"] == []


def test_a_report_is_replaced_whole_and_a_refused_one_leaves_the_old(run, report):
    folder, first = report.page.parent, report.page.read_bytes()
    with pytest.raises(InputError, match="own and quick"):
        write_report([run(), run("own designs")], folder)
    assert report.page.read_bytes() == first
    assert write_report([run()], folder).page.read_bytes() == first
    kinds = Counter(path.suffix for path in folder.iterdir())
    assert kinds == {".html": 1, ".png": 4, ".svg": 4, ".csv": 3, ".tex": 3}


def test_a_file_in_the_way_is_named(run, tmp_path):
    (tmp_path / "taken").write_text("mine")
    for out in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(InputError, match="the file taken is in the way"):
            write_report([run()], out)
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("sealed", ("the initiator and the other rewarded contributors can open it", "sealed until a panel")),
        (
            "a liar",
            (
                "2 of 2 announced models were rewarded.",
                "1 planted test of the initiator's came on top; the panel's median agreed with 1.",
                "Of 9 bonds these were burnt: 1 for contradicting a planted test.",
                "is gas, 0.10 ether of burnt bonds",
                "accuracy of the model alone, on its own labels; a vote passes strictly above it",
                "stand-aloneaccuracy",
                "credited bythe contract,stake included",
                "The initiator and the accounts of her planted tests together paid 2.",
            ),
        ),
        ("one vanishes", ("1 for silence", "0.15 ether of stakes whose owners vanished")),
        ("a kept key", ("unreadable against",)),
        ("gain", ("meangain", "The scenario file says: A market of seconds")),
        ("a slow panel", ("No measurement was counted.", "1 was void for want of a quorum or a panel.")),
        ("a slow panel of the paper's", ("2 were rejected, as no evaluation was brought.",)),
        ("a copy", ("copy of 1 against",)),
        ("proportional", ("by the rule proportional, all of it for a margin of +90.00 points",)),
        ("random control", ("base with an equally wide random block; a vote passes",)),
        ("broken rule", ("void for want of a working rule, a quorum or a panel", "by the rule Broken.sol")),
    ],
)
def test_options_are_told_on_the_page(run, name, parts):
    html = render("report.html", content_of([run(name)]), [])
    text = Page(html).text
    for part in parts:
        assert part in text
    assert "-0.0" not in text and "−0.01 %" not in text


def test_the_terminal_shows_the_number_that_decided(run, capsys):
    record = run("gain")
    show_run(record)
    margins = contributors(record)["margin"]
    out = capsys.readouterr().out
    assert "(points)" in out and all(f"{100 * margin:+.2f}" in out for margin in margins)
    show_run(run("a liar"))
    out = capsys.readouterr().out
    assert "stand-alone" in out and "fitness" not in out


def test_a_task_that_fuses_nothing_has_a_figure_of_models_alone(run, tmp_path):
    names = {path.name for path in write_report([run("a liar")], tmp_path).figures}
    assert names == {"figure_8_local_accuracy.png", "standalone_accuracy.png", "payments.png", "timeline.png"}


def test_an_older_record_without_the_newer_columns_is_read_told_and_reported(run, copy_of, tmp_path):
    folder = copy_of(run(), tmp_path / "old")
    newer = {
        "participants": ["staked_wei", "burnt_wei", "work_seconds", "work_cost_wei"],
        "models": [
            "training_cut",
            "fingerprint",
            "sealed",
            "key_released_time",
            "planted",
            "plant_bps",
            "plant_agreed",
        ],
        "evaluations": ["committed_time", "verdict", "copy_of", "seat_outcome", "bond_burnt_wei"],
    }
    for name, columns in newer.items():
        table = pq.read_table(folder / f"{name}.parquet")
        pq.write_table(table.drop_columns(columns), folder / f"{name}.parquet")
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    for key in ("staked_wei", "burnt_wei", "stranded_wei", "mean_standalone_accuracy"):
        del summary[key]
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, "schema_version": 1}), "utf-8")
    (folder / "presence.parquet").unlink()
    del summary["models"]["planted"]
    (folder / "summary.json").write_text(json.dumps(summary), "utf-8")
    happened = pq.read_table(folder / "events.parquet")
    place = happened.schema.get_field_index("arguments")
    arguments = [json.loads(text) for text in happened["arguments"].to_pylist()]
    for event in arguments:
        for key in ("stake", "bond", "public_key", "fingerprint", "deadlines"):
            event.pop(key, None)
    older = pa.array([json.dumps(event) for event in arguments])
    pq.write_table(happened.set_column(place, "arguments", older), folder / "events.parquet")
    old = read_record(folder)
    assert old.table("presence").empty and "arrived" in old.table("presence")
    assert check_conservation(old) == []
    for who in old.table("participants")["name"]:
        assert tell(old, who) == tell(run(), who)
    assert content_of([old])["headlines"] == content_of([run()])["headlines"]
    assert write_report([old], tmp_path / "page").page.exists()
    show_run(old)

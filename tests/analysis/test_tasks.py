"""Records of several tasks: each task by itself, and all of them together."""

import re

import pytest

from verifuse.analysis import (
    check_conservation,
    contributors,
    figure_fused_accuracy,
    predict,
    tasks,
    tell,
    verifiers,
    votes,
    write_report,
)
from verifuse.errors import InputError


@pytest.fixture
def record(run):
    return run("two tasks")


def texts(figure):
    axes = figure.axes[0]
    return " ".join([axes.get_title(loc="left"), *(text.get_text() for text in axes.texts)])


def test_a_row_for_each_task_tells_what_it_asked_for_and_what_it_cost(record):
    table = tasks(record).set_index("task")
    assert list(table.index) == ["plain", "rival"] and list(table.initiator) == ["initiator", "rival"]
    assert (
        list(table.mafr) == [0.3, 0.05] and table.loc["plain", "posted"] < 300 < table.loc["rival", "posted"]
    )
    paid = record.table("payments")
    for number, cost in enumerate(table.cost_wei, start=1):
        own = paid[(paid.task_id == number) & (paid.reason != "Refund")]
        assert cost == sum(map(int, own.amount_wei)) <= table.escrow_wei.iloc[number - 1]
    people = record.table("participants").set_index("name")
    for one in table.itertuples():
        wallet = people.loc[one.initiator]
        assert wallet.balance_start_wei - wallet.balance_end_wei == one.cost_wei + int(wallet.fees_wei)


def test_tables_of_one_task_are_parts_of_those_of_all(record):
    both = contributors(record)
    assert list(both["task"]) == ["plain", "plain", "rival", "rival"]
    for name in record.task_names:
        part = contributors(record.of_task(name))
        own = both[both["task"] == name].drop(columns="task").reset_index(drop=True)
        assert part.equals(own)
    parts = [verifiers(record.of_task(name)) for name in record.task_names]
    assert list(verifiers(record).seats) == list(parts[0].seats + parts[1].seats)
    assert list(verifiers(record).earned_wei) == list(parts[0].earned_wei + parts[1].earned_wei)
    assert list(votes(record.of_task("rival")).columns) == ["contributor-1", "contributor-2"]
    assert votes(record).shape == (3, 4)


def test_a_figure_is_of_one_task_the_first_unless_another_is_named(record):
    first, named, second = (figure_fused_accuracy([record], task) for task in (None, "plain", "rival"))
    assert texts(first) == texts(named)
    assert "task plain" in texts(first) and "task rival" in texts(second)
    heights = [[list(line.get_ydata()) for line in figure.axes[0].lines] for figure in (first, second)]
    assert heights[0] != heights[1]
    with pytest.raises(InputError, match=r"task: 'third' .*plain, rival"):
        figure_fused_accuracy([record], "third")


def test_the_report_has_a_part_for_each_task_with_its_own_figures(record, tmp_path):
    report = write_report([record], tmp_path)
    assert sorted(path.name for path in report.figures) == [
        "figure_8_local_accuracy_plain.png",
        "figure_8_local_accuracy_rival.png",
        "figure_9_fused_accuracy_plain.png",
        "figure_9_fused_accuracy_rival.png",
        "payments.png",
        "timeline.png",
    ]
    page = report.page.read_text("utf-8")
    assert re.findall(r"<h2>(.*?)</h2>", page) == [
        "What was asked",
        "Task plain",
        "Task rival",
        "Money and time",
        "How to reproduce",
    ]
    assert page.count("<h3>Wallets</h3>") == 1
    assert "announced models were rewarded for 2 tasks." in page and "Every wei is accounted for" in page
    assert "The 2 initiators together paid" in page


def test_stories_say_which_task_by_whose_terms(record):
    contributor = "\n".join(tell(record, "contributor-1"))
    assert "begins to train the network tiny for the task plain" in contributor
    assert "takes up the task rival, for which it has a model already" in contributor
    assert "MAFR of 30.00 %" in contributor and "MAFR of +5.00 points" in contributor
    mine, hers = ("\n".join(tell(record, who)) for who in ("initiator", "rival"))
    assert "posts the task plain" in mine and "rival" not in mine
    assert "posts the task rival" in hers and "plain" not in hers
    verifier = tell(record, "verifier-1")
    assert sum("joins the pool" in line for line in verifier) == 1
    assert sum("is drawn for the panel" in line for line in verifier) == 4
    assert sum("The oracle answers" in line for line in tell(record, "oracle")) == 4


def test_each_integrated_model_can_be_asked(record):
    accuracies = {}
    for name in record.task_names:
        own = record.of_task(name).summary["integrated_model"]
        told = predict(record, [], held_out=20, task=name)
        accuracies[name] = (sum(one.label == one.truth for one in told) / 20, own["held_out_accuracy"])
    assert record.summary["integrated_model"] == record.of_task().summary["integrated_model"]
    assert all(abs(told - known) < 0.35 for told, known in accuracies.values())


def test_an_escrow_that_pays_for_another_task_is_noticed(record, monkeypatch):
    whole = type(record).table

    def moved(self, name):
        frame = whole(self, name)
        if name == "payments":
            frame.loc[frame.index[0], "task_id"] = 3 - frame.loc[frame.index[0], "task_id"]
        return frame

    assert check_conservation(record) == []
    monkeypatch.setattr(type(record), "table", moved)
    wrong = [one.what for one in check_conservation(record)]
    assert [re.search(r"task (\w+)", what)[1] for what in wrong] == ["plain", "rival"]

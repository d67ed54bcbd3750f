import subprocess
import sys

import matplotlib as mpl
import pytest

from verifuse.analysis import (
    figure_fused_accuracy,
    figure_local_accuracy,
    figure_payments,
    figure_standalone_accuracy,
    figure_timeline,
)
from verifuse.analysis.drawing import png
from verifuse.analysis.series import estimate
from verifuse.errors import InputError


def texts(figure):
    (axes,) = figure.axes
    labels = [axes.get_xlabel(), axes.get_ylabel(), axes.get_title(loc="left")]
    labels += [text.get_text() for text in (*axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels())]
    return "\n".join(labels)


def lines(figure, label):
    """Return the y values of the line with this label in a figure's legend."""
    (axes,) = figure.axes
    found = next(c for c in axes.containers if c.get_label().startswith(label))
    return list(found.lines[0].get_ydata())


def test_fused_accuracy_is_the_panels_mean_in_order_of_announcement(run):
    record = run()
    figure = figure_fused_accuracy([record])
    models = record.table("models").sort_values("model_id")
    for strategy in ("I", "II"):
        suffix = " (voted on)" if strategy == "II" else ""
        assert lines(figure, f"Strategy {strategy}{suffix}") == pytest.approx(
            models[f"fused_accuracy_{strategy}"].tolist()
        )
    shown = texts(figure)
    assert "\n1\n1–2\n1–3\n" in shown
    assert "Figure 9 of Mendis et al. (2018)" in shown and "seed 1" in shown and "quick" in shown


def test_the_mafr_is_a_line_for_accuracy_only(run):
    def drawn(name):
        return [line.get_label() for line in figure_fused_accuracy([run(name)]).axes[0].lines]

    assert "MAFR 30.00 %" in drawn("plain")
    assert not any("MAFR" in label for label in drawn("gain"))


def test_contributors_with_their_own_designs_belong_to_figures_6_and_7(run):
    record = run("own designs")
    assert "Figure 6 of" in texts(figure_local_accuracy([record]))
    assert "Figure 7 of" in texts(figure_fused_accuracy([record]))


def test_a_cut_axis_says_so(run):
    figure = figure_local_accuracy([run()])
    (axes,) = figure.axes
    assert axes.get_ylim()[0] > 0
    assert "does not start at 0" in axes.get_ylabel() and "%" in axes.get_ylabel()


def test_who_never_announced_is_drawn_and_marked(run):
    record = run("one never announces")
    (legend,) = figure_local_accuracy([record]).legends
    assert "never announced" in [text.get_text() for text in legend.get_texts()]
    assert "never announced" in texts(figure_timeline(record))


def test_several_seeds_give_means_with_intervals(run):
    records = [run("nobody is rewarded", seed) for seed in (1, 2)]
    figure = figure_fused_accuracy(records)
    first = [r.table("models").sort_values("model_id")["fused_accuracy_II"].iloc[0] for r in records]
    assert lines(figure, "Strategy II")[0] == pytest.approx(sum(first) / 2)
    shown = texts(figure)
    assert "n = 2 runs" in shown and "95 % intervals (Student's t" in shown and "seeds 1, 2" in shown


def test_an_interval_is_students():
    one = estimate([1.0, 2.0, 3.0, 4.0])
    assert one.mean == 2.5
    # t(0.975, 3 degrees of freedom) = 3.18245, standard deviation 1.29099, 4 runs
    assert one.half_width == pytest.approx(3.18245 * 1.29099 / 2, rel=1e-5)
    assert estimate([0.5]).half_width is None


def test_payments_by_role_are_the_change_of_wallets(run):
    figure = figure_payments(run("nobody is rewarded"))
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    people = run("nobody is rewarded").table("participants")
    change = (people["balance_end_wei"] - people["balance_start_wei"]).astype(float) / 1e18
    mean = change.groupby(people["role"]).mean()
    roles = ["initiator", "contributor", "verifier", "oracle", "platform"]
    assert widths == pytest.approx([mean[role] for role in roles])
    assert "ether" in figure.axes[0].get_xlabel()


def test_the_timeline_names_the_blocks(run):
    record = run()
    settled = record.table("models").sort_values("model_id")["settled_block"]
    (axes,) = figure_timeline(record).axes
    (label,) = [t.get_text() for t in axes.get_yticklabels() if t.get_text().startswith("contributor-1")]
    assert str(settled.iloc[0]) in label.split("\n")[1].split(" · ")
    assert "h:mm:ss" in axes.get_xlabel()


def test_models_alone_have_a_figure_of_their_own_and_planted_tests_stand_apart(run):
    figure = figure_standalone_accuracy([run("a liar")])
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1", "2", "plant 1"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["contributor's model", "planted test", "MAFR 30.00 %"]
    means = [float(container.lines[0].get_ydata()[0]) for container in axes.containers]
    seats = run("a liar").table("evaluations").groupby("model_id")["fitness_bps"].mean() / 10_000
    assert means == pytest.approx([seats[1], seats[3], seats[2]])
    assert "nothing was fused" in texts(figure_fused_accuracy([run("a liar")]))
    assert png(figure_standalone_accuracy([run("median", seed) for seed in (1, 2)])).startswith(b"\x89PNG")


def test_planted_tests_are_no_contributors(run):
    (axes,) = figure_local_accuracy([run("a liar")]).axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1", "2"]
    assert "planter" in texts(figure_payments(run("a liar")))
    assert "planter-1" in texts(figure_timeline(run("a liar")))


@pytest.mark.parametrize(
    "name", ["one never announces", "escrow for one", "a kept key", "a copy", "one vanishes", "broken rule"]
)
def test_runs_in_which_something_went_wrong_can_be_drawn(run, name):
    for draw in (figure_local_accuracy, figure_fused_accuracy):
        assert png(draw([run(name)])).startswith(b"\x89PNG")
    for draw in (figure_payments, figure_timeline):
        assert png(draw(run(name))).startswith(b"\x89PNG")


def test_drawing_leaves_no_global_state_and_the_same_bytes(run):
    before = dict(mpl.rcParams)
    assert png(figure_payments(run())) == png(figure_payments(run()))
    assert dict(mpl.rcParams) == before


def test_records_that_do_not_belong_together_are_refused(run):
    for records, named in (
        ([], "at least one"),
        ([run(), run("own designs")], "own and quick"),
        ([run("gain"), run("nobody is rewarded")], "task.fitness, task.mafr"),
        ([run(), run()], "seed 1 twice"),
    ):
        with pytest.raises(InputError, match=named) as refused:
            figure_fused_accuracy(records)
        assert "\n" not in str(refused.value)


def test_the_room_loads_no_matplotlib_until_something_is_drawn():
    code = (
        "import sys, verifuse.analysis as a; before = 'matplotlib' in sys.modules; a.figure_payments; "
        "print(before, 'matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]

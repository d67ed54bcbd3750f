"""The command line as a newcomer uses it, mistakes included."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from verifuse.cli import main
from verifuse.scenarios import read_record


@pytest.fixture
def verifuse(monkeypatch, capsys, cache, tmp_path):
    """Call the command line in an empty folder; returns exit status, standard output, standard error."""
    monkeypatch.setenv("VERIFUSE_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["verifuse", *map(str, arguments)])
        status = 0
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture(scope="session")
def record(small, cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "run"
    subprocess.run(
        [sys.executable, "-m", "verifuse", "run", "quick", *small, "--out", folder],
        env={**os.environ, "VERIFUSE_CACHE": str(cache)},
        check=True,
        capture_output=True,
    )
    return read_record(folder)


def test_run_shows_progress_on_one_stream_and_results_on_the_other(verifuse, small, tmp_path):
    status, out, err = verifuse("run", "quick", *small)
    assert status == 0
    folder = tmp_path / "runs" / "quick-seed1"
    record = read_record(folder)
    assert record.manifest["digest"] in out
    assert "contributor-1" in out and "verifier-3" in out and "Rewarded" in out
    assert "trained tiny" in err and "trained tiny" not in out
    status, out, _ = verifuse("run", "quick", *small)
    assert status == 0 and "quick-seed1-2" in out


def test_run_with_json_prints_nothing_but_json(verifuse, small):
    status, out, _ = verifuse("run", "quick", *small, "--json", "--seed", 1, "--out", "here")
    result = json.loads(out)
    assert status == 0
    assert result["record"] == "here"
    assert result["summary"]["models"]["rewarded"] == 2
    assert result["manifest"]["digest"] == read_record("here").manifest["digest"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "quick", "task.marf=1"], "did you mean 'mafr'?"),
        (
            ["run", "quick", "task.mafr=1.2"],
            "task.mafr: 1.2 is not usable; with fitness",
        ),
        (["run", "quick", "contributors.labels=[[0,11]]"], "digits has the labels 0 to 9"),
        (["run", "quick", "contributors.train=5000"], "contributors.train: 5000"),
        (["run", "quick", "verifiers.verification=5000"], "verifiers.verification: 5000"),
        (["run", "quick", "task.reward=9 ether"], "initiator's balance"),
        (["run", "quick", "task.network=resnet"], "task.network: 'resnet'"),
        (["run", "quick", "task.network=cnn_9"], "cnn_1"),
        (["run", "quick", "data.set=absent.npz"], "data.set: 'absent.npz'"),
        (["run", "quick", "--chain", "http://127.0.0.1:8545"], "chain.name"),
        (["run", "quick", "--serve"], "add --chain anvil"),
        (["run", "quick", "--pause-at", "60"], "--pause-at needs --serve"),
        (["run", "quick", "--serve", "--pause-at", "-1"], "--pause-at"),
        (["run", "quick", "--seed", "many"], "--seed"),
        (["run", "quick", "--seed", "-1"], "seed: -1"),
        (["run", "quick", "--workers", "0"], "--workers"),
        (["run", "quick", "--frobnicate"], "No such option"),
        (["run", "quick", "chain.gas_price=10000 gwei"], "initiator.balance"),
        (["run", "nothing.toml"], "no such file"),
        (["run", "empty.toml"], "it is empty"),
        (["run", "quick", "--out", "empty.toml"], "out: 'empty.toml'"),
        (["run"], "SCENARIO"),
        (["show", "paper_3"], "did you mean"),
        (["why", "nowhere", "contributor-1"], "record: 'nowhere'"),
        (["report", "nowhere"], "record: 'nowhere'"),
        (["predict", "nowhere", "x.png"], "record: 'nowhere'"),
        (["values", "nowhere"], "record: 'nowhere'"),
        (["values", "nowhere", "--empty", "zero"], "--empty"),
        (["values", "nowhere", "--heads", "0"], "--heads"),
        (["dance"], "No such command"),
    ],
)
def test_a_mistake_gets_one_line_and_status_2_and_nothing_is_written(verifuse, tmp_path, arguments, told):
    (tmp_path / "empty.toml").write_text("")
    status, out, err = verifuse(*arguments)
    assert status == 2
    assert out == ""
    assert err.startswith("verifuse: ") and err.count("\n") == 1
    assert told in err
    assert [path.name for path in tmp_path.iterdir()] == ["empty.toml"]


def test_list_and_show_lead_to_a_scenario_of_ones_own(verifuse, tmp_path):
    status, out, _ = verifuse("list")
    assert status == 0
    assert all(name in out for name in ("paper_1", "paper_2", "quick"))
    status, out, _ = verifuse("show", "paper_2", "task.mafr=0.9")
    (tmp_path / "mine.toml").write_text(out)
    assert status == 0 and "mafr = 0.9" in out
    assert verifuse("show", "mine.toml")[1] == out
    keys = (
        "task.escrow",
        "task.deadline",
        "verifiers.quorum",
        "verifiers.stake",
        "Not set: task.full_margin",
    )
    assert all(f"\n# {key}" in out for key in keys) and "chain.clock" in out


def test_a_new_scenario_is_explained_key_by_key_runs_and_is_never_overwritten(verifuse, tmp_path):
    status, out, _ = verifuse("new", "mine", "--from", "paper_2")
    assert status == 0 and "mine.toml" in out
    schema = json.loads((tmp_path / "verifuse.schema.json").read_text("utf-8"))
    assert schema["properties"]["task"]["$ref"].removeprefix("#/$defs/") in schema["$defs"]
    assert json.loads(verifuse("schema")[1]) == schema
    (tmp_path / "mine.toml").open("a").write("\n[tsak]\nmafr = 1\n")
    status, _, err = verifuse("run", "mine.toml")
    assert status == 2 and err.startswith("verifuse: mine.toml: tsak: ") and "did you mean 'task'?" in err
    assert verifuse("new", "mine")[0] == 2 and verifuse("new", "absent/mine")[0] == 2


@pytest.mark.parametrize("name", ["", ".", "..", "-x", "ünïcödé", "a" * 70])
def test_a_name_that_no_scenario_can_have_is_refused(verifuse, tmp_path, name):
    status, out, err = verifuse("new", "--", name)
    assert (status, out) == (2, "") and err.startswith("verifuse: name: ") and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_sweep_is_no_scenario(verifuse, tmp_path):
    (tmp_path / "mine.toml").write_text('scenario = "quick"\ngrid.task.mafr = [0.5]\n', "utf-8")
    status, _, err = verifuse("run", "mine.toml")
    assert status == 2 and "this is a sweep, which `verifuse sweep` runs" in err


def test_a_file_may_begin_with_the_mark_of_windows_editors(verifuse, tmp_path):
    (tmp_path / "mine.toml").write_text('extends = "quick"\n', "utf-8-sig")
    assert verifuse("show", "mine.toml")[0] == 0


def test_show_data_tells_who_holds_what_on_the_screen_in_json_and_as_a_picture(verifuse, tmp_path):
    (tmp_path / "mine.toml").write_text('extends = "quick"\n[contributors]\npartition = "shards"\n')
    status, out, _ = verifuse("show", "mine.toml", "--data", "--out", "who.png")
    assert status == 0 and "contributor-3" in out and "149 images are held out" in out
    found = json.loads(verifuse("show", "mine.toml", "--data", "--json")[1])
    by_name = {holder["who"]: holder for holder in found["holders"]}
    assert sum(by_name["contributor-1"]["train"]) == 120 and sum(by_name["verifiers"]["test"]) == 50
    assert sum(count > 0 for count in by_name["contributor-1"]["train"]) <= 4
    with Image.open("who.png") as picture:
        assert picture.width == 1200
    (tmp_path / "large.toml").write_text('extends = "mine.toml"\n[contributors]\ntrain = 5000\n')
    for command in (["show", "large.toml", "--data"], ["run", "large.toml"]):
        status, _, err = verifuse(*command)
        refusal = "verifuse: large.toml: contributors.shards: 2 is not usable; 3 times"
        assert status == 2 and err.splitlines()[-1].startswith(refusal)
    assert verifuse("show", "quick", "--out", "x.png")[0] == 2
    assert verifuse("show", "quick", "--data", "--out", "x.pdf")[0] == 2


def test_what_changes_nothing_is_said(verifuse, small):
    idle = ("verifiers.reveal=chain", "task.plant_window=900")
    said = ("verifiers.reveal has no effect without task.commit_reveal", "task.plant_window has no effect")
    _, out, _ = verifuse("show", "quick", *idle)
    assert all(f"\n# {line}" in out for line in said)
    assert "no effect" not in verifuse("show", "bonds")[1]
    status, _, err = verifuse("run", "quick", *small, *idle)
    assert status == 0 and all(f"verifuse: {line}" in err for line in said)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "-h"], ["predict", "--help"], ["--version"]])
def test_help_teaches(verifuse, arguments):
    status, out, _ = verifuse(*arguments)
    assert status == 0
    assert "verifuse" in out


def test_why_tells_everybodys_story_and_names_them_when_the_name_is_wrong(verifuse, record):
    for name in record.table("participants").name:
        status, out, _ = verifuse("why", record.path, name)
        assert status == 0 and len(out) > 20
    status, _, err = verifuse("why", record.path, "contributor-9")
    assert status == 2 and "contributor-1" in err


def test_predict_tells_held_out_images_with_their_truth(verifuse, record):
    status, out, _ = verifuse("predict", record.path, "--held-out", 149, "--json")
    told = json.loads(out)
    assert status == 0
    accuracy = np.mean([one["label"] == one["truth"] for one in told])
    assert accuracy == record.summary["integrated_model"]["held_out_accuracy"]


def test_predict_reads_a_picture_whatever_its_size_and_polarity(verifuse, record, tmp_path):
    one = np.zeros((120, 90), np.uint8)
    one[20:100, 40:52] = 255
    Image.fromarray(one).save(tmp_path / "bright.png")
    Image.fromarray(255 - one).convert("RGB").save(tmp_path / "dark.png")
    status, out, _ = verifuse("predict", record.path, "bright.png", "dark.png", "--json")
    bright, dark = json.loads(out)
    assert status == 0
    assert bright["label"] == dark["label"]
    assert (bright["remark"], dark["remark"]) == ("cropped and centred", "inverted, cropped and centred")


def test_transparent_paper_is_paper_and_a_blank_sheet_is_called_blank(verifuse, record):
    ink = np.zeros((80, 80, 4), np.uint8)
    ink[10:70, 34:46, 3] = 255
    Image.fromarray(ink, "RGBA").save("ink.png")
    Image.fromarray(np.where(ink[..., 3] > 0, 0, 255).astype(np.uint8)).save("same.png")
    Image.fromarray(np.zeros((80, 80, 4), np.uint8), "RGBA").save("blank.png")
    status, out, _ = verifuse("predict", record.path, "ink.png", "same.png", "blank.png", "--json")
    ink_seen, same_seen, blank_seen = json.loads(out)
    assert status == 0
    assert ink_seen["probability"] == same_seen["probability"]
    assert "blank" in blank_seen["remark"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["absent.png"], "exists"),
        (["text.png"], "a picture"),
        (["."], "image"),
        ([], "name at least one picture"),
        (["--held-out", "150"], "at most 149"),
    ],
)
def test_what_is_no_picture_is_refused(verifuse, record, tmp_path, arguments, told):
    (tmp_path / "text.png").write_text("not a picture")
    status, _, err = verifuse("predict", record.path, *arguments)
    assert status == 2 and told in err and err.count("\n") == 1


def test_a_study_lists_its_settings_with_defaults_and_meanings(verifuse):
    status, out, _ = verifuse("study", "growth", "--settings")
    assert status == 0 and "warm_epochs" in out and "[1, 2, 5, 10, 20, 30, 40, 50]" in out
    assert "One repetition each" in out  # what all studies have in common
    assert verifuse("study", "groth", "--settings")[0] == 2


def test_values_tell_what_models_are_worth_on_the_screen_in_a_file_and_in_json(verifuse, record, tmp_path):
    status, out, err = verifuse("values", record.path, "--csv", "worth.csv")
    assert status == 0 and "shapley" in out and "contributor-2" in out
    assert "3 coalitions measured, all there are" in out and "nobody 10.00%" in out
    assert "3 of 3 coalitions measured" in err
    lines = (tmp_path / "worth.csv").read_text("utf-8").splitlines()
    assert lines[0].startswith("contributor,model_id,outcome,shapley,banzhaf") and len(lines) == 3
    arguments = (
        "--json",
        "--utility",
        "log_loss",
        "--empty",
        "commonest",
        "--permutations",
        4,
        "--workers",
        1,
    )
    status, out, _ = verifuse("values", record.path, *arguments)
    found = json.loads(out)
    assert status == 0 and found["permutations"] == 4 and len(found["models"]) == 2
    assert all(type(row["paid_wei"]) is int and row["outcome"] == "Rewarded" for row in found["models"])
    assert sum(row["shapley"] for row in found["models"]) == pytest.approx(
        found["worth_of_all"] - found["worth_of_nobody"]
    )
    status, out, _ = verifuse("values", record.path, "--permutations", 4, "--utility", "log_loss")
    assert status == 0 and "nats" in out and "4 random orders" in out

"""A class of students, each with a seed and a digest."""

import json

import pytest
from click.testing import CliRunner

from verifuse.cli import cli
from verifuse.errors import InputError
from verifuse.scenarios import load, run_scenario
from verifuse.sweeps import Student, check_digests, give_seeds, read_class, read_names, write_class

QUICK = ("learning=surrogate", "contributors.count=1", "task.also_measure=[]")


def test_everybody_gets_a_seed_of_her_own_and_keeps_it():
    first = give_seeds(["Ada", "Bo"], "autumn")
    assert len({one.seed for one in first}) == 2 and all(0 <= one.seed < 1_000_000 for one in first)
    assert give_seeds(["Ada", "Bo"], "autumn") == first != give_seeds(["Ada", "Bo"], "spring")
    handed_in = (Student("Ada", first[0].seed, "abc"), first[1])
    assert give_seeds(["Bo", "Cem", "Ada"], "autumn", handed_in)[:2] == handed_in
    taken = give_seeds(["Cem"], "autumn")[0].seed
    (_, cem) = give_seeds(["Cem"], "autumn", [Student("Dora", taken)])
    assert cem.seed != taken


@pytest.mark.parametrize("names", [["Ada", "Ada"], ["Ada", " "], ["Ada", "Ada "]])
def test_a_name_that_is_no_name_is_refused(names):
    with pytest.raises(InputError, match="each student once"):
        give_seeds(names)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("comma", [",", ";"])
def test_a_class_is_read_as_spreadsheets_write_it(tmp_path, mark, comma):
    path = tmp_path / "class.csv"
    lines = ["student,seed,remark,digest", '"Ada, L.",5,late, AB12 ', "Bo,6,,"]
    text = "\r\n".join(line.replace(",", comma).replace(f"Ada{comma}", "Ada,") for line in lines)
    path.write_text(mark + text, "utf-8")
    assert read_class(path) == (Student("Ada, L.", 5, "AB12"), Student("Bo", 6))
    write_class(path, read_class(path))
    assert read_class(path) == (Student("Ada, L.", 5, "AB12"), Student("Bo", 6))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,seed\nAda,1\n", "columns student, seed, digest"),
        ("student,seed\nAda,one\n", "line 2"),
        ("student,seed\nAda,1\nBo\n", "line 3"),
        ("student,seed\nAda,1\nBo,-1\n", "line 3"),
        ("student,seed\nAda,1\nBo,1\n", "seed 1 is there once"),
        ("student,seed\nAda,1\nAda,2\n", "student 'Ada' is there once"),
        ("student,seed\n", "1 to 10,000 students"),
    ],
)
def test_a_class_that_is_none_is_refused_in_one_line(tmp_path, text, told):
    path = tmp_path / "class.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=told):
        read_class(path)


def test_files_that_cannot_be_read_are_refused(tmp_path):
    (tmp_path / "latin").write_bytes(b"student,seed\nJos\xe9,1\n")
    with pytest.raises(InputError, match="UTF-8"):
        read_class(tmp_path / "latin")
    with pytest.raises(InputError, match="a file that can be read"):
        read_names(tmp_path / "absent")
    (tmp_path / "empty").write_text("\n \n")
    with pytest.raises(InputError, match="it is empty"):
        read_names(tmp_path / "empty")


def test_a_digest_is_right_for_its_seed_alone(engine, tmp_path):
    digests = {
        seed: run_scenario(load("quick", QUICK, seed=seed), tmp_path / f"{seed}").manifest["digest"]
        for seed in (3, 4)
    }
    students = [
        Student("Ada", 3, digests[3]),
        Student("Bo", 4, f" {digests[4][:8].upper()}"),
        Student("Cem", 5, digests[3][:12]),
        Student("Dora", 6, "0" * 64),
        Student("Eve", 7, digests[4][:7]),
        Student("Finn", 8),
    ]
    checked = check_digests(students, "quick", QUICK, out=tmp_path / "class", engine=engine)
    assert [one.verdict for one in checked] == ["right", "right", "another's", "wrong", "wrong", "missing"]
    assert checked[2].remark == "it is the digest of Ada's seed"
    assert checked[4].remark == "fewer than 8 letters"


def test_a_scenario_that_is_none_is_refused_before_anything_runs(engine, tmp_path):
    with pytest.raises(InputError, match=r"task\.mafr"):
        check_digests([Student("Ada", 3)], "quick", ["task.mafr=7"], out=tmp_path / "class", engine=engine)
    assert not (tmp_path / "class").exists()


def test_the_commands_of_a_teacher(tmp_path, monkeypatch, cache):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VERIFUSE_CACHE", str(cache))
    (tmp_path / "names.txt").write_text("Ada\n\nBo\n", "utf-8")
    run = CliRunner().invoke
    assert run(cli, ["hand-out", "names.txt"], catch_exceptions=False).exit_code == 0
    ada, bo = read_class("class.csv")
    digest = run_scenario(load("quick", QUICK, seed=ada.seed), tmp_path / "run").manifest["digest"]
    write_class("class.csv", [Student("Ada", ada.seed, digest[:8]), bo])
    (tmp_path / "names.txt").write_text("Bo\nCem\n", "utf-8")
    assert "Cem" in run(cli, ["hand-out", "names.txt"], catch_exceptions=False).stdout
    assert [one.student for one in read_class("class.csv")] == ["Ada", "Bo", "Cem"]
    told = run(cli, ["check-digests", "class.csv", *QUICK, "--json"], catch_exceptions=False)
    assert [one["verdict"] for one in json.loads(told.stdout)] == ["right", "missing", "missing"]
    shown = run(cli, ["check-digests", "class.csv", "quick", *QUICK], catch_exceptions=False).stdout
    assert "1 right, 2 missing" in shown

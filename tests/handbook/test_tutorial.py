"""A newcomer who copies and pastes, step by step, sees what the page shows."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted(path for path in (ROOT / "docs/tutorials").glob("*.md") if path.name != "index.md")


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_newcomer_follows_the_tutorial(play, path, tmp_path, cache):
    steps = list(play.steps(path.read_text("utf-8")))
    assert any(step.shown for step in steps)
    for step in steps:
        printed = play.take(step, tmp_path, cache)
        if step.shown is not None:
            told = f"{step.text}\nprints\n{printed}\nrun make docs"
            assert play.difference(step.shown, printed) == "", told


def test_what_differs_by_more_than_a_machine_is_told(play):
    shown = "accuracy 96.30% and 80.00% in 13.2 s, digest " + "ab" * 32
    assert play.difference(shown, shown.replace("96.30", "95.90").replace("13.2", "2")) == ""
    assert play.difference(shown, shown.replace("ab" * 32, "cd" * 32)) == ""
    assert play.difference("seat 1 of verifier-2, seat 3", "seat 3 of verifier-1, seat 2") == ""
    assert "90.1" in play.difference(shown, shown.replace("96.30", "90.10"))
    assert "digest" in play.difference(shown, shown.replace("digest", "hash"))
    assert "'more'" in play.difference(shown, shown + " more")
    assert "3 were printed" in play.difference(shown, shown + " 99")


def test_a_command_that_fails_is_told(play, tmp_path):
    with pytest.raises(RuntimeError, match="known studies"):
        play.take(play.Step(None, "verifuse study nosuch\n"), tmp_path)


def test_a_page_is_renewed_where_it_shows_what_is_printed(play, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "Save this as `two.py`:\n\n```python\nprint(1 + 1)\n```\n\n"
        "```sh\npython two.py\n```\n\nsays\n\n```text\n3\n```\n"
    )
    play.refresh(page)
    assert page.read_text().endswith("says\n\n```text\n2\n```\n")

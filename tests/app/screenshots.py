"""The docs' pictures of the page: `make screenshots` drives it as a visitor does and keeps what she sees.

Each picture is the end of a story, told in two windows: as wide as a desk's and as a phone's.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from browser import NARROW, ROOT, WIDE, Window, chromium, served
from playwright.sync_api import Browser

OUT = ROOT / "docs" / "images"


def seat_measured(window: Window) -> None:
    """Take a seat, measure the second model, and see what would be signed."""
    page = window.page
    page.get_by_role("tab", name="Take a verifier's seat").click()
    page.locator("[data-seat=plain]").click()
    for number in (1, 2):
        page.get_by_role("button", name="Fetch the model and measure").click()
        page.get_by_label("Evaluation in per cent").wait_for()
        if number == 1:
            page.get_by_label("Evaluation in per cent").fill("61.33")
            page.get_by_role("button", name="Show what I sign").click()
            page.get_by_role("button", name="and report it").click()
            page.get_by_role("button", name="Next model").click()
    page.get_by_text("Its predictions").wait_for()


def market_in_the_middle(window: Window) -> None:
    """Go to the block in which the second model is paid for."""
    page = window.page
    page.locator(".vf-mode", has_text="stands still").wait_for()
    for block in range(2, 13):
        page.get_by_role("button", name="Step", exact=True).click()
        page.locator(".vf-facts", has_text=f"block {block} ").wait_for()
    page.locator(".vf-act").first.wait_for(state="attached")


STORIES = {"app_market": market_in_the_middle, "app_seat": seat_measured}


def main() -> None:
    """Take the pictures that are asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which: {', '.join(STORIES)}; all by default")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for the pictures")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(STORIES)
    if unknown:
        parser.error(f"there is no picture {', '.join(sorted(unknown))}")
    chosen.out.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "verifuse", "app", "--no-browser"]
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        served(command, Path(folder) / "server.log") as url,
    ):
        for name in chosen.names or STORIES:
            for width in (WIDE, NARROW):
                take(browser, url, name, width, chosen.out / f"{name}_{width}.png")


def take(browser: Browser, url: str, name: str, width: int, file: Path) -> None:
    """Tell a story in a window of its own, and keep its end."""
    window = Window(browser, url, width)
    window.open()
    STORIES[name](window)
    window.picture(file)
    wrong = [*window.errors, *window.strangers]
    if wrong or window.overflow:
        sys.exit(f"{name} at {width}: {wrong}, {window.overflow} pixels too wide")
    window.close()
    print(file)


if __name__ == "__main__":
    main()

"""The docs' pictures of the page: `make screenshots` drives it as a visitor does and keeps what she sees.

Each scene is a page that is served and a story that ends at what is worth a picture; it is told in two
windows, as wide as a desk's and as a phone's.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from browser import HERE, NARROW, ROOT, WIDE, Window, chromium, served, solara_page

OUT = ROOT / "docs" / "images"


@dataclass(frozen=True)
class Scene:
    """What is served, and what a visitor does until the picture is taken."""

    command: list[str]
    story: Callable[[Window], None]


def seat_measured(window: Window) -> None:
    """Take a seat, measure the second model, and see what would be signed."""
    page = window.page
    page.locator("[data-seat=plain]").click()
    for number in (1, 2):
        page.get_by_role("button", name="Fetch the model and measure").click()
        page.get_by_label("Evaluation in per cent").wait_for()
        if number == 1:
            page.get_by_label("Evaluation in per cent").fill("93.3")
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


SCENES = {
    "app_market": Scene([sys.executable, "-m", "verifuse", "app", "--no-browser"], market_in_the_middle),
    "app_seat": Scene(solara_page(HERE / "seat_alone.py"), seat_measured),
}


def main() -> None:
    """Take the pictures that are asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which: {', '.join(SCENES)}; all by default")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for the pictures")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(SCENES)
    if unknown:
        parser.error(f"there is no picture {', '.join(sorted(unknown))}")
    chosen.out.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for name in chosen.names or SCENES:
            scene = SCENES[name]
            with served(scene.command, Path(folder) / f"{name}.log") as url:
                for width in (WIDE, NARROW):
                    window = Window(browser, url, width)
                    window.open()
                    scene.story(window)
                    window.picture(chosen.out / f"{name}_{width}.png")
                    if window.errors or window.strangers or window.overflow:
                        sys.exit(f"{name} at {width}: {window.errors} {window.strangers} {window.overflow}")
                    window.close()
                    print(chosen.out / f"{name}_{width}.png")


if __name__ == "__main__":
    main()

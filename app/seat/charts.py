"""The seat's figures as text: evaluations beside the MAFR, and what the wallet gained model by model."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from .entry import FULL_BPS, per_cent
from .views import Vote

# Okabe and Ito's colours, which colour-blind readers tell apart, as in the figures of the analysis.
ORANGE, PINK, SKY = "#d55e00", "#cc79a7", "#56b4e9"
INK, GREY, PALE = "#1a1a1a", "#5f6368", "#d9dce0"

ETHER = 10**18
WIDTH, HEIGHT = 340, 210
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 34


@dataclass(frozen=True)
class Series:
    """One player's earnings in wei after each model, from 0, and the look of their line."""

    name: str
    earnings: tuple[int, ...]
    colour: str = INK
    dashes: str = ""
    width: float = 2.0


LOOKS = ((INK, "", 2.0), (SKY, "", 9.0), (ORANGE, "6 4", 5.0), (PINK, "2 4", 4.0))


def series(players: Sequence[tuple[str, tuple[int, ...]]]) -> tuple[Series, ...]:
    """Return players' lines, the first thin and on top, so that equal ones are all seen."""
    return tuple(
        Series(name, earnings, *look) for (name, earnings), look in zip(players, LOOKS, strict=False)
    )


def bar(name: str, bps: int, *, fails: bool = False, mafr_bps: int | None = None) -> str:
    """Return a rate as a bar, with a mark where the MAFR lies."""
    share = min(max(bps, 0), FULL_BPS) / 100
    mark = f'<div class="seat-mark" style="left:calc({mafr_bps / 100:.2f}% - 1px)"></div>' if mafr_bps else ""
    fill = f'<div class="seat-fill{" seat-fails" if fails else ""}" style="width:{share:.2f}%"></div>'
    return (
        f'<div class="seat-bar"><span>{escape(name)}</span><div class="seat-track">{fill}{mark}</div>'
        f'<span class="seat-number">{per_cent(bps)}</span></div>'
    )


def vote_bars(votes: Sequence[Vote], mafr_bps: int) -> str:
    """Return the counted evaluations beside the MAFR."""
    bars = "".join(bar(one.who, one.fitness_bps, fails=not one.passed, mafr_bps=mafr_bps) for one in votes)
    return f'<div class="seat-bars">{bars}</div>'


def wallet_chart(lines: Sequence[Series], models: int) -> str:
    """Return what players gained after each model, in ether, as an SVG.

    Args:
        lines: The players; more points than models and one are those after the end.
        models: How many models there will be.
    """
    points = max([models + 1, *(len(one.earnings) for one in lines)])
    low = min([0, *(min(one.earnings) for one in lines)]) / ETHER
    high = max([0, *(max(one.earnings) for one in lines)]) / ETHER
    step = tick_step(high - low)
    bottom, top = step * (low // step), step * -(-high // step)
    top = top if top > bottom else bottom + step

    def x(place: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * place / (points - 1)

    def y(ether: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (top - ether) / (top - bottom)

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Ether gained after each model">']
    for number in range(round((top - bottom) / step) + 1):
        value = bottom + number * step
        ink = GREY if abs(value) < step / 2 else PALE
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="{ink}"/>'
            f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end" font-size="12" fill="{GREY}">'
            f"{'−' if value < -step / 2 else ''}{abs(value):.2f}</text>"
        )
    for place in range(points):
        name = "start" if place == 0 else str(place) if place <= models else "end"
        parts.append(
            f'<text x="{x(place):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle" font-size="12" '
            f'fill="{GREY}">{name}</text>'
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 4}" text-anchor="middle" font-size="12" fill="{GREY}">'
        f"after model</text>"
    )
    for one in sorted(lines, key=lambda one: -one.width):
        path = " ".join(f"{x(place):.1f},{y(wei / ETHER):.1f}" for place, wei in enumerate(one.earnings))
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{one.colour}" stroke-width="{one.width}" '
            f'stroke-dasharray="{one.dashes}"/>'
        )
        parts += [
            f'<circle cx="{x(place):.1f}" cy="{y(wei / ETHER):.1f}" r="3.5" fill="{one.colour}"/>'
            for place, wei in enumerate(one.earnings)
        ]
    return "".join([*parts, "</svg>"])


def legend(lines: Sequence[Series]) -> str:
    """Return who is which line."""
    styles = {"": "solid", "2 4": "dotted"}
    return " ".join(
        f'<span style="white-space:nowrap;margin-right:14px"><span class="seat-key" '
        f'style="border-color:{one.colour};border-top-style:{styles.get(one.dashes, "dashed")}"></span>'
        f"{escape(one.name)}</span>"
        for one in lines
    )


def tick_step(span: float) -> float:
    """Return the distance of an axis' ticks: 1, 2 or 5 times a power of ten, three to seven of them."""
    step = 0.01
    for candidate in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0):
        step = candidate
        if span <= 5 * candidate:
            break
    return step

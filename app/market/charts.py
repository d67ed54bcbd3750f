"""The paper's Figures 6 to 9 while they grow: local accuracies, and those of fused models, as SVG."""

from collections.abc import Iterator, Sequence
from html import escape

from ...analysis.people import number_of, percent
from ..picture import Picture

WIDTH, HEIGHT = 440, 230
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 16, 34


def local_chart(picture: Picture) -> str:
    """Return a bar for each contributor: its model on its own verification images (Figures 6 and 8)."""
    names = [one.name for one in picture.of_role("contributor")]
    known = {one.contributor: one.accuracy for one in picture.locals}
    step = (WIDTH - LEFT - RIGHT) / max(1, len(names))
    wide = min(46.0, step * 0.62)
    bars = []
    for place, name in enumerate(names):
        x = LEFT + step * (place + 0.5)
        label = (
            f'<text class="vf-tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 15}">{escape(number_of(name))}</text>'
        )
        bars.append(label)
        if name not in known:
            continue
        y, told = _y(known[name]), escape(f"{name}: {percent(known[name])}")
        bars.append(
            f'<rect class="vf-bar" x="{x - wide / 2:.1f}" y="{y:.1f}" width="{wide:.1f}" '
            f'height="{_y(0.0) - y:.1f}" rx="3"><title>{told}</title></rect>'
            f'<text class="vf-value" x="{x:.1f}" y="{y - 4:.1f}">{_points(known[name], len(names))}</text>'
        )
    return _chart("Local accuracy of each contributor", [*bars], "contributor")


def fused_chart(picture: Picture, mafr: float | None, strategy: str) -> str:
    """Return the fused model's accuracy by the number of announced models (Figures 7 and 9).

    Args:
        picture: Of the market.
        mafr: Drawn as a line, where it is an accuracy.
        strategy: The one that is voted on.
    """
    count = max(len(picture.models), len(picture.of_role("contributor")), 1)
    step = (WIDTH - LEFT - RIGHT) / count
    parts = [_tick(_x(place, step), str(place + 1)) for place in range(count)]
    if mafr is not None and 0 <= mafr <= 1:
        y = _y(mafr)
        parts.append(
            f'<path class="vf-mafr" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
            f'<text class="vf-mafr-name" x="{WIDTH - RIGHT}" y="{y - 4:.1f}">MAFR {mafr:.0%}</text>'
        )
    parts += [
        f'<circle class="vf-dot" cx="{_x(place, step) + _beside(seat, len(model.measured)):.1f}" '
        f'cy="{_y(accuracy):.1f}" r="2.6"/>'
        for place, model in enumerate(picture.models)
        for seat, accuracy in enumerate(model.measured)
    ]
    for name in ("I", "II"):
        points = [
            (_x(place, step), _y(model.fused[name]), model.fused[name], model.number)
            for place, model in enumerate(picture.models)
            if name in model.fused
        ]
        parts += _line(name, points, is_voted=name == strategy)
    return _chart("Accuracy of the fused model", parts, "announced models")


def chart_legend(strategy: str, *, has_both: bool) -> str:
    """Return what lines and dots are."""
    keys = [f'<span class="vf-key vf-line-{strategy}"><i></i>Strategy {strategy}, which is voted on</span>']
    if has_both:
        other = "I" if strategy == "II" else "II"
        keys.append(f'<span class="vf-key vf-line-{other}"><i></i>Strategy {other}</span>')
    keys.append('<span class="vf-key vf-dots"><i></i>each verifier</span>')
    return f'<div class="vf-legend">{"".join(keys)}</div>'


def _line(name: str, points: Sequence[tuple[float, float, float, int]], *, is_voted: bool) -> Iterator[str]:
    if len(points) > 1:
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, _, _ in points)
        yield f'<path class="vf-line vf-line-{name}" d="{path}"/>'
    for x, y, accuracy, number in points:
        told = escape(f"model {number}, Strategy {name}: {percent(accuracy)}")
        yield (
            f'<circle class="vf-point vf-line-{name}" cx="{x:.1f}" cy="{y:.1f}" r="4.5">'
            f"<title>{told}</title></circle>"
        )
        if is_voted:
            above = y - 9 if y > TOP + 14 else y + 18
            value = _points(accuracy, len(points))
            yield f'<text class="vf-value" x="{x:.1f}" y="{above:.1f}">{value}</text>'


def _chart(title: str, parts: Sequence[str], below: str) -> str:
    grid = "".join(
        f'<path class="vf-grid" d="M{LEFT} {_y(share):.1f}H{WIDTH - RIGHT}"/>'
        f'<text class="vf-axis" x="{LEFT - 6}" y="{_y(share) + 4:.1f}">{share:.0%}</text>'
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    name = (
        f'<text class="vf-tick" x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 3}">{escape(below)}</text>'
    )
    return (
        f'<svg class="vf-chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{grid}{''.join(parts)}{name}</svg>"
    )


def _tick(x: float, text: str) -> str:
    return f'<text class="vf-tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 15}">{escape(text)}</text>'


def _y(share: float) -> float:
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)


def _x(place: int, step: float) -> float:
    return LEFT + step * (place + 0.5)


def _beside(seat: int, seats: int) -> float:
    """Spread what was measured of one model a little, so that equal numbers do not hide each other."""
    return (seat - (seats - 1) / 2) * min(5.0, 24 / max(1, seats))


def _points(accuracy: float, many: int) -> str:
    return f"{100 * accuracy:.1f}" if many <= 8 else f"{100 * accuracy:.0f}"

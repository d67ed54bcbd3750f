"""The market as a living network: who is there, who does what, and what goes from one to another, as SVG."""

import math
import re
import textwrap
from collections.abc import Iterator
from html import escape

from ...analysis.people import ether
from ..picture import CONTRACT, ORACLE, STORE, Act, Model, Person, Picture
from .layout import Layout, Spot, narrow, wide

LONGEST, MOST_LINES = 24, 2
"""Letters in a line beside somebody, and how many lines there are."""
BUSY = ("training", "evaluating", "fusing", "uploading", "announcing", "answering", "posting", "closing")

KINDS = {
    "transaction": "a transaction",
    "reverted": "a transaction that the contract refuses",
    "event": "an event of the contract",
    "money": "ether",
    "model": "a model or sample",
    "evaluation": "a signed evaluation",
}
"""What an edge of each kind is, for the legend."""


def network(picture: Picture) -> str:
    """Return the drawing for wide screens and the one for narrow ones; a style sheet shows one of them."""
    return (
        f'<div class="vf-wide">{_drawing(picture, wide(picture))}</div>'
        f'<div class="vf-narrow">{_drawing(picture, narrow(picture))}</div>'
    )


def legend() -> str:
    """Return what the colours of edges mean."""
    keys = "".join(
        f'<span class="vf-key vf-{kind}"><i></i>{escape(words)}</span>' for kind, words in KINDS.items()
    )
    return f'<div class="vf-legend">{keys}</div>'


def _drawing(picture: Picture, layout: Layout) -> str:
    people = [one for one in picture.people if one.name in layout.spots]
    named = {one.name: one for one in people}
    said = f"The market at block {picture.block}: {len(picture.models)} models, {len(people)} participants."
    parts = [
        f'<svg viewBox="0 0 {layout.width:g} {layout.height:g}" role="img" aria-label="{escape(said)}">',
        *_ties(named, layout),
        *_acts(picture.acts, layout),
        _contract(picture, layout),
        _store(layout),
        *(_labels(picture.acts, layout) if layout.is_wide else ()),
        *(_person(one, layout) for one in people),
        "</svg>",
    ]
    return "".join(parts)


def _ties(named: dict[str, Person], layout: Layout) -> Iterator[str]:
    """Give a thin line for everything that can go from one to another."""
    for name, person in named.items():
        if person.presence != "here":
            continue
        ends = [CONTRACT]
        if person.role != "oracle":
            ends.append(STORE)
        if person.role == "verifier":
            ends.append(ORACLE)
        for end in ends:
            if end in layout.spots and end != name:
                yield f'<path class="vf-tie" d="{_path(layout.spots[name], layout.spots[end])}"/>'


def _edges(acts: tuple[Act, ...], layout: Layout) -> Iterator[tuple[str, str, str, str]]:
    """Give source, target, kind and label for each pair and kind, however often it was taken."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for act in acts:
        if act.source in layout.spots and act.target in layout.spots and act.source != act.target:
            together.setdefault((act.source, act.target, act.kind), []).append(act.text)
    for (source, target, kind), texts in together.items():
        label = " · ".join(dict.fromkeys(texts))
        if len(texts) > 1 and len(set(texts)) == 1:
            label += f" ×{len(texts)}"
        yield source, target, kind, label


def _acts(acts: tuple[Act, ...], layout: Layout) -> Iterator[str]:
    """Give the edges that flash."""
    for source, target, kind, label in _edges(acts, layout):
        path = _path(layout.spots[source], layout.spots[target])
        yield (
            f'<g class="vf-act vf-{kind}"><title>{escape(f"{source} → {target}: {label}")}</title>'
            f'<path d="{path}"/><circle r="6"><animateMotion dur="1.1s" repeatCount="2" fill="freeze" '
            f'path="{path}"/></circle></g>'
        )


def _labels(acts: tuple[Act, ...], layout: Layout) -> Iterator[str]:
    """Give what went that way, in words above everything else."""
    for source, target, kind, label in _edges(acts, layout):
        x, y = _on_the_way(layout.spots[source], layout.spots[target])
        text = escape(_short(label, 22))
        yield f'<text class="vf-label vf-{kind}" x="{x:.0f}" y="{y:.0f}">{text}</text>'


def _contract(picture: Picture, layout: Layout) -> str:
    spot = layout.spots[CONTRACT]
    half, tall = spot.radius * 1.35, spot.radius * 1.5
    left, top = spot.x - half, spot.y - tall / 2
    return (
        f'<g class="vf-contract"><title>The contract and the ether that it holds</title>'
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{2 * half:.0f}" height="{tall:.0f}" rx="12"/>'
        f'<text x="{spot.x:g}" y="{top + tall * 0.22:.0f}" class="vf-role">contract</text>'
        f'<text x="{spot.x:g}" y="{top + tall * 0.5:.0f}" class="vf-escrow">'
        f"{escape(ether(picture.escrow_wei, 3))}</text>"
        f'<text x="{spot.x:g}" y="{top + tall * 0.69:.0f}" class="vf-role">block {picture.block}</text>'
        f"{_queue(picture.models, spot, top + tall * 0.78, 2 * half)}</g>"
    )


def _queue(models: tuple[Model, ...], spot: Spot, y: float, width: float) -> str:
    """Return a square for each model, coloured by where it stands."""
    if not models:
        return ""
    gap = min(15.0, (width - 16) / len(models))
    size = gap * 0.75
    left = spot.x - gap * len(models) / 2
    return "".join(
        f'<rect class="vf-model vf-{one.state.lower()}" x="{left + gap * place:.1f}" y="{y:.1f}" '
        f'width="{size:.1f}" height="{size:.1f}" rx="2">'
        f"<title>{escape(f'model {one.number} of {one.contributor}: {one.state}')}</title></rect>"
        for place, one in enumerate(models)
    )


def _store(layout: Layout) -> str:
    spot = layout.spots[STORE]
    x, y, r = spot.x, spot.y, spot.radius
    lid = f"M{x - r:g} {y - r * 0.6:g}a{r:g} {r * 0.35:g} 0 0 0 {2 * r:g} 0"
    body = f"M{x - r:g} {y - r * 0.6:g}a{r:g} {r * 0.35:g} 0 0 1 {2 * r:g} 0v{r * 1.2:g}"
    return (
        f'<g class="vf-store"><title>The store: models and samples under their CIDs</title>'
        f'<path d="{body}a{r:g} {r * 0.35:g} 0 0 1 {-2 * r:g} 0z"/><path class="vf-lid" d="{lid}"/>'
        f'<text class="vf-name" x="{x:g}" y="{y + r + 17:g}" text-anchor="middle">store</text></g>'
    )


def _person(person: Person, layout: Layout) -> str:
    spot = layout.spots[person.name]
    classes = f"vf-person vf-{person.role} vf-{person.presence}"
    if person.behaviour != "honest":
        classes += " vf-dishonest"
    busy = person.presence == "here" and person.doing.startswith(BUSY)
    pulse = f'<circle class="vf-pulse" cx="{spot.x:g}" cy="{spot.y:g}" r="{spot.radius:g}"/>' if busy else ""
    size = max(9.0, spot.radius * 0.68)
    cross = ""
    if person.presence == "gone":
        d = spot.radius * 0.75
        lines = f"M{spot.x - d:g} {spot.y - d:g}l{2 * d:g} {2 * d:g}m0 {-2 * d:g}l{-2 * d:g} {2 * d:g}"
        cross = f'<path class="vf-cross" d="{lines}"/>'
    how = "" if person.behaviour == "honest" else f" ({person.behaviour.replace('_', ' ')})"
    return (
        f'<g class="{classes}"><title>{escape(f"{person.name}{how}: {person.doing}")}</title>{pulse}'
        f'<circle cx="{spot.x:g}" cy="{spot.y:g}" r="{spot.radius:g}"/>'
        f'<text class="vf-initials" x="{spot.x:g}" y="{spot.y:g}" style="font-size:{size:.0f}px">'
        f"{escape(_initials(person))}</text>{cross}{_words(person, spot, layout)}</g>"
    )


def _words(person: Person, spot: Spot, layout: Layout) -> str:
    """Return a name and, where there is room, what its owner is doing."""
    name = escape(person.name)
    if not layout.is_wide:
        y = spot.y + spot.radius + 12
        name = escape(_short(person.name, 14))
        return f'<text class="vf-name" x="{spot.x:g}" y="{y:g}" text-anchor="middle">{name}</text>'
    if spot.x < layout.width * 0.3:
        x, anchor = spot.x - spot.radius - 10, "end"
    elif spot.x > layout.width * 0.7 or person.role == "initiator":
        x, anchor = spot.x + spot.radius + 10, "start"
    else:
        x, anchor = spot.x, "middle"
    lines = _folded(person.doing)
    y = spot.y + spot.radius + 17 if anchor == "middle" else spot.y + 4 - 8 * len(lines)
    where = f'x="{x:g}" text-anchor="{anchor}"'
    doing = "".join(
        f'<text class="vf-doing" {where} y="{y + 16 * (place + 1):g}">{escape(line)}</text>'
        for place, line in enumerate(lines)
    )
    return f'<text class="vf-name" {where} y="{y:g}">{name}</text>{doing}'


def _folded(text: str) -> list[str]:
    """Return a text in lines that are short enough, without what is too much."""
    lines = textwrap.wrap(text, LONGEST) or [""]
    kept = lines[:MOST_LINES]
    return kept if len(lines) <= MOST_LINES else [*kept[:-1], kept[-1][: LONGEST - 1] + "…"]


def _initials(person: Person) -> str:
    number = re.search(r"(\d+)$", person.name)
    return person.name[0].upper() + (number.group(1) if number else "")


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _path(source: Spot, target: Spot) -> str:
    """Return a slightly bent line from rim to rim: what goes forth does not cover what comes back."""
    dx, dy = target.x - source.x, target.y - source.y
    length = math.hypot(dx, dy) or 1.0
    ux, uy = dx / length, dy / length
    x1, y1 = source.x + ux * source.edge, source.y + uy * source.edge
    x2, y2 = target.x - ux * (target.edge + 3), target.y - uy * (target.edge + 3)
    bend = 0.07 * length
    cx, cy = (x1 + x2) / 2 - uy * bend, (y1 + y2) / 2 + ux * bend
    return f"M{x1:.1f} {y1:.1f}Q{cx:.1f} {cy:.1f} {x2:.1f} {y2:.1f}"


def _on_the_way(source: Spot, target: Spot) -> tuple[float, float]:
    """Return the place for a label: nearer to whoever is not in the middle, where edges meet."""
    share = 0.4 if source.radius <= target.radius else 0.6
    return source.x + share * (target.x - source.x), source.y + share * (target.y - source.y) - 6

"""Wallets, the chain, models and everybody's doings as HTML; whatever is a word of somebody's is escaped."""

from html import escape

from ...analysis.people import clock, ether, percent
from ...units import format_ether
from ..picture import Call, Model, Person, Picture

MOST_BLOCKS = 14
MOST_NEWS = 12
MOST_NOTES = 40

PRESENCE = {"coming": "still to come", "here": "here", "gone": "gone"}


def wallets(picture: Picture) -> str:
    """Return what everybody has, what that is more or less than in the beginning, and what is owed."""
    most = max((abs(one.change_wei) for one in picture.people), default=0) or 1
    rows = "".join(_wallet(one, most) for one in picture.people)
    return (
        '<div class="vf-scroll"><table class="vf-table"><thead><tr><th>who</th>'
        '<th class="vf-number">wallet</th><th class="vf-number">change</th><th></th>'
        f'<th class="vf-number">owed</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _wallet(person: Person, most: int) -> str:
    share = 50 * abs(person.change_wei) / most
    side = "left" if person.change_wei > 0 else "right"
    sign = "vf-plus" if person.change_wei > 0 else "vf-minus"
    bar = f'<div class="vf-change"><i class="{sign}" style="{side}:50%;width:{share:.1f}%"></i></div>'
    change = f"{'+' if person.change_wei > 0 else '−' if person.change_wei < 0 else ''}"
    change += format_ether(abs(person.change_wei), 4)
    owed = format_ether(person.owed_wei, 2) if person.owed_wei else "–"
    return (
        f'<tr><td>{_who(person)}</td><td class="vf-number">{format_ether(person.wallet_wei, 4)}</td>'
        f'<td class="vf-number {sign if person.change_wei else ""}">{change}</td><td>{bar}</td>'
        f'<td class="vf-number">{owed}</td></tr>'
    )


def people(picture: Picture) -> str:
    """Return what everybody is doing now, and what led to it."""
    rows = "".join(
        f'<tr class="vf-{one.presence}"><td>{_who(one)}</td><td>{escape(_doing(one))}</td>'
        f'<td class="vf-why">{escape(one.why)}</td></tr>'
        for one in picture.people
    )
    return (
        '<div class="vf-scroll"><table class="vf-table"><thead><tr><th>who</th><th>does now</th>'
        f"<th>what happened to her last</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _doing(person: Person) -> str:
    if person.presence == "coming":
        return "is still to come"
    if person.presence == "gone":
        return "has left"
    return person.doing


def _who(person: Person) -> str:
    how = (
        ""
        if person.behaviour == "honest"
        else f'<span class="vf-how">{escape(person.behaviour.replace("_", " "))}</span>'
    )
    return f'<i class="vf-spot vf-{person.role}"></i>{escape(person.name)}{how}'


def models(picture: Picture, strategy: str) -> str:
    """Return where each announced model stands."""
    if not picture.models:
        return '<p class="vf-empty">No model was announced yet.</p>'
    rows = "".join(_model(one, strategy) for one in picture.models)
    return (
        '<div class="vf-scroll"><table class="vf-table vf-models"><thead><tr><th colspan="2">model of</th>'
        '<th>CID</th><th class="vf-number">fused</th><th class="vf-number">votes</th><th>state</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _model(model: Model, strategy: str) -> str:
    votes = f"{model.votes_for} of {model.votes}" if model.votes else "–"
    cid = f'<code title="{escape(model.cid)}">…{escape(model.cid[-5:])}</code>'
    return (
        f"<tr><td>{model.number}</td><td>{escape(model.contributor)}</td><td>{cid}</td>"
        f'<td class="vf-number">{percent(model.fused.get(strategy))}</td><td class="vf-number">{votes}</td>'
        f'<td><i class="vf-spot vf-{model.state.lower()}"></i>{escape(model.state)}</td></tr>'
    )


def blocks(picture: Picture) -> list[tuple[int, str]]:
    """Return the newest blocks that hold something, newest first: number and HTML of each."""
    by_number: dict[int, list[Call]] = {}
    for call in picture.calls:
        by_number.setdefault(call.block, []).append(call)
    newest = sorted(by_number, reverse=True)[:MOST_BLOCKS]
    return [(number, _block(number, by_number[number])) for number in newest]


def earlier_blocks(picture: Picture) -> int:
    """Return how many blocks with transactions are older than those shown."""
    return max(0, len({call.block for call in picture.calls}) - MOST_BLOCKS)


def _block(number: int, calls: list[Call]) -> str:
    gas = sum(call.gas for call in calls)
    return (
        f'<div class="vf-block"><div class="vf-block-head"><b>block {number}</b>'
        f"<span>{clock(calls[0].time)}</span><span>{gas:,} gas</span></div>{''.join(map(_call, calls))}</div>"
    )


def _call(call: Call) -> str:
    value = f'<span class="vf-paid">{escape(ether(call.value_wei))}</span>' if call.value_wei else ""
    failed = f'<div class="vf-failed">reverted: {escape(call.error)}</div>' if call.error else ""
    arguments = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in call.arguments)
    events = "".join(
        f'<div class="vf-happened"><b>{escape(event.name)}</b> '
        f"{escape(', '.join(f'{name} {value}' for name, value in event.arguments))}</div>"
        for event in call.events
    )
    told = f"<dl>{arguments}</dl>" if arguments else '<p class="vf-empty">no arguments</p>'
    return (
        f'<details class="vf-call{" vf-reverted" if call.error else ""}"><summary><span class="vf-from">'
        f"{escape(call.sender)}</span><code>{escape(call.function)}</code>{value}"
        f'<span class="vf-gas">{call.gas:,} gas · {escape(ether(call.fee_wei))}</span></summary>'
        f"{told}{events}</details>{failed}"
    )


def news(picture: Picture) -> str:
    """Say in sentences what happened since the last picture: off the chain, then on it."""
    lines = [
        (note.time, 0, f"<b>{escape(note.who)}</b> {escape(note.text)}")
        for note in picture.notes[len(picture.notes) - picture.new_notes :]
    ]
    for call in picture.calls[len(picture.calls) - picture.news :]:
        mark = f'<span class="vf-in-block">block {call.block}</span>'
        told = "".join(f'<span class="vf-sub">{escape(line)}</span>' for line in _told(call))
        lines.append((call.time, 1, f"{mark}{escape(call.sentence)}{told}"))
    if not lines:
        return '<p class="vf-empty">Nothing was sent yet.</p>'
    lines.sort(key=lambda line: line[:2])
    shown = "".join(
        f'<li><span class="vf-time">{clock(time)}</span><span>{text}</span></li>'
        for time, _, text in lines[:MOST_NEWS]
    )
    more = f'<li class="vf-empty">and {len(lines) - MOST_NEWS} more</li>' if len(lines) > MOST_NEWS else ""
    return f'<ul class="vf-news">{shown}{more}</ul>'


def _told(call: Call) -> list[str]:
    """Return what a call's events tell, all that is owed to somebody in one line."""
    lines = [one.sentence for one in call.events if one.sentence and one.name != "Credited"]
    owed = [dict(one.arguments) for one in call.events if one.name == "Credited"]
    if owed:
        lines.append("now owed: " + ", ".join(f"{one['account']} {one['amount']}" for one in owed))
    return lines


def diary(picture: Picture, who: str) -> str:
    """Return what somebody, or everybody, noted, newest first."""
    notes = [note for note in picture.notes if who in ("everybody", note.who)]
    if not notes:
        return '<p class="vf-empty">Nothing was noted yet.</p>'
    lines = "".join(
        f'<li><span class="vf-time">{clock(note.time)}</span>'
        f"<span><b>{escape(note.who)}</b> {escape(note.text)}</span></li>"
        for note in reversed(notes[-MOST_NOTES:])
    )
    return f'<ul class="vf-news">{lines}</ul>'

"""Pictures become drawings and tables that are well formed, hold everything, and escape every word."""

import math
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from verifuse.app.market import tables
from verifuse.app.market.charts import fused_chart, local_chart
from verifuse.app.market.layout import narrow, wide
from verifuse.app.market.network import network
from verifuse.app.picture import Act, Call, Happening, Local, Model, Note, Person, Picture

EVIL = "<script>alert('x')</script>"


def person(name, role, presence="here", doing="in the pool", behaviour="honest"):
    return Person(name, role, behaviour, presence, doing, "", 10**18, 5, 0, 0)


def picture(contributors=3, verifiers=3, **changes):
    people = [person("initiator", "initiator", doing="waiting for models")]
    people += [
        person(f"contributor-{n + 1}", "contributor", doing="training tiny") for n in range(contributors)
    ]
    people += [person(f"verifier-{n + 1}", "verifier") for n in range(verifiers)]
    people += [person("oracle", "oracle", doing="listening"), person("platform", "platform")]
    found = Picture(
        time=1234.5,
        block=7,
        escrow_wei=35 * 10**17,
        people=tuple(people),
        models=(
            Model(
                1,
                "contributor-1",
                "Qm" + "a" * 44,
                "Rewarded",
                ("verifier-1",),
                1,
                1,
                1,
                {"I": 0.7, "II": 0.8},
                (0.8,),
            ),
            Model(2, "contributor-2", "Qm" + "b" * 44, "Evaluating", ("verifier-1",), 0, 0, 2, {}, ()),
        ),
        locals=(Local("contributor-1", 0.97), Local("contributor-2", 0.5)),
        calls=(
            Call(
                7,
                0,
                1234.5,
                "contributor-1",
                "announceModel",
                (("cid", "Qm"),),
                0,
                200_000,
                10**15,
                "",
                (Happening("ModelAnnounced", (("model_id", "1"),), "it is model 1"),),
                "contributor-1 announces",
            ),
        ),
        notes=(Note(1200.0, 6, "contributor-1", "trained tiny"),),
        acts=(
            Act("contributor-1", "contract", "transaction", "announceModel"),
            Act("contributor-1", "store", "model", "model"),
            Act("contract", "verifier-1", "event", "seat"),
            Act("contract", "verifier-1", "event", "seat"),
            Act("platform", "contract", "transaction", "constructor"),
        ),
        news=1,
        new_notes=1,
        is_over=False,
        digest="",
        integrated="",
    )
    return replace(found, **changes)


def parsed(html):
    return ET.fromstring(f"<all>{html}</all>")


def words(html):
    return " ".join("".join(parsed(html).itertext()).split())


def test_everybody_is_in_the_network_and_what_they_do():
    told = words(network(picture()))
    for text in ("contributor-1", "verifier-3", "oracle", "store", "3.50 ether", "block 7", "training tiny"):
        assert text in told
    assert "platform" not in told


def test_edges_flash_once_for_each_pair_and_kind():
    drawing = network(picture())
    assert drawing.count('class="vf-act vf-transaction"') == 2  # wide and narrow
    assert drawing.count('class="vf-act vf-event"') == 2
    assert "seat ×2" in drawing and "announceModel" in drawing


def test_who_is_to_come_and_who_has_gone_look_different():
    coming, gone = person("contributor-1", "contributor", "coming"), person("verifier-1", "verifier", "gone")
    drawing = network(replace(picture(0, 0), people=(coming, gone)))
    assert 'class="vf-person vf-contributor vf-coming"' in drawing
    assert 'class="vf-person vf-verifier vf-gone"' in drawing and "vf-cross" in drawing


@pytest.mark.parametrize("layout", [wide, narrow])
@pytest.mark.parametrize(("contributors", "verifiers"), [(1, 1), (3, 3), (16, 9), (8, 16)])
def test_nobody_stands_on_anybody_or_outside(layout, contributors, verifiers):
    found = layout(picture(contributors, verifiers))
    spots = list(found.spots.items())
    assert len(spots) == contributors + verifiers + 4
    for place, (name, one) in enumerate(spots):
        assert one.radius < one.x < found.width - one.radius, name
        assert one.radius < one.y < found.height - one.radius, name
        for other_name, other in spots[place + 1 :]:
            apart = math.hypot(one.x - other.x, one.y - other.y)
            assert apart > one.radius + other.radius, (name, other_name)


def test_charts_have_a_bar_and_a_point_for_what_is_known():
    chart = local_chart(picture())
    assert chart.count('class="vf-bar"') == 2 and "97.0" in words(chart)
    chart = fused_chart(picture(), 0.75, "II")
    assert chart.count('class="vf-point vf-line-II"') == 1 and chart.count('class="vf-dot"') == 1
    assert "MAFR 75%" in words(chart)
    assert "MAFR" not in words(fused_chart(picture(), None, "II"))


def test_charts_of_nothing_are_well_formed():
    empty = replace(picture(0, 0), models=(), locals=())
    parsed(local_chart(empty))
    parsed(fused_chart(empty, 0.5, "I"))
    parsed(network(replace(empty, acts=())))


def test_tables_say_what_a_picture_holds():
    shown = picture()
    assert "contributor-1" in words(tables.wallets(shown)) and "1.0000" in words(tables.wallets(shown))
    assert "training tiny" in words(tables.people(shown))
    assert "1 of 1" in words(tables.models(shown, "II")) and "80.00 %" in words(tables.models(shown, "II"))
    ((number, html),) = tables.blocks(shown)
    assert number == 7 and "announceModel" in words(html) and "200,000 gas" in words(html)
    assert "block 7contributor-1 announcesit is model 1" in words(tables.news(shown))
    assert "trained tiny" in words(tables.diary(shown, "everybody"))
    assert "Nothing was noted" in words(tables.diary(shown, "verifier-1"))


def test_only_the_newest_blocks_are_shown_and_the_others_counted():
    (call,) = picture().calls
    shown = picture(calls=tuple(replace(call, block=number) for number in range(1, 31)), news=0)
    numbers = [number for number, _ in tables.blocks(shown)]
    assert numbers == list(range(30, 16, -1)) and tables.earlier_blocks(shown) == 16


def test_no_word_of_anybody_becomes_markup():
    evil = person(EVIL, "contributor", doing=EVIL, behaviour=EVIL)
    (call,) = picture().calls
    shown = picture(
        people=(evil,),
        notes=(Note(0.0, 0, EVIL, EVIL),),
        acts=(Act(EVIL, "contract", "transaction", EVIL),),
        models=(replace(picture().models[0], contributor=EVIL, cid=EVIL),),
        locals=(Local(EVIL, 0.5),),
        calls=(
            replace(
                call,
                sender=EVIL,
                function=EVIL,
                error=EVIL,
                sentence=EVIL,
                arguments=((EVIL, EVIL),),
                events=(Happening(EVIL, ((EVIL, EVIL),), EVIL),),
            ),
        ),
    )
    drawn = [network(shown), local_chart(shown), fused_chart(shown, 0.5, "II"), tables.wallets(shown)]
    drawn += [tables.people(shown), tables.models(shown, "II"), tables.news(shown), tables.diary(shown, EVIL)]
    drawn += [html for _, html in tables.blocks(shown)]
    for html in drawn:
        parsed(html)
        assert "<script" not in html

"""The seat as a page of its own."""

import solara

from verifuse.app.seat.page import SeatPage


@solara.component
def Page():
    SeatPage()

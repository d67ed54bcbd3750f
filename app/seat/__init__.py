"""The paper's Figure 5, playable: a visitor takes a verifier's seat in a small real market.

``game.Game`` plays it without a page; ``page.SeatPage`` shows it.
"""

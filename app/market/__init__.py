"""The market's tab: ``page`` puts it together, ``visit`` runs a visitor's market, the others draw a picture.

It is plain Solara. Mesa's SolaraViz does not fit: it builds and steps a model as ``Model(**parameters)`` and
``model.step()`` with no way to cancel, where a market goes from block to block and may wait for a training;
and it shows what a ``DataCollector`` or a grid holds, of which a market has neither.
"""

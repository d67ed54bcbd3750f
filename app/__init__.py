"""The teaching page: ``serve`` starts it, ``page`` is its shell, a tab each lies in ``market`` and ``seat``.

Nothing here is imported by ``import verifuse``, and Solara only by the modules that draw: ``live`` and what
it stands on run a market without any page.
"""

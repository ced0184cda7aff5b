"""Ways to make pseudo-labels, one module each, found by its file name.

A module has ``Options`` (a :func:`hairline.io.options.checked_dataclass` without defaults),
``label(image, evidence, options, tell)`` and an instance of its options: ``PAPER`` where a paper states the values,
else ``EXAMPLE``. Where it looks at the evidence, ``Options`` has ``needs()``, which says what must have been collected.
The tests of every method run over each module there is, with that instance.
"""

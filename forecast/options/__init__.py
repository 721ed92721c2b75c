"""Intervention options: levers over time and triggers, as data.

``load()`` gives the options of a world, ``read(path)`` those of a file, ``parse(text)`` an expression such as
``"patrols + 0.5 both from month 5"``. An option knows no world until it meets one. Names are imported when
they are first used, because worlds declare options and what reads them by default needs a world.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""Pictures of outcomes, one file per family of figure.

Every function takes the outcomes of :func:`forecast.simulate` and gives a ``matplotlib.figure.Figure`` that
belongs to the caller: pyplot and its backends are never touched. Matplotlib is imported when a picture is first
asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

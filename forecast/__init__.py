"""What follows from beliefs: possible worlds, month by month, under every option, and what to do then.

Names are imported when they are first used, so that ``import forecast`` costs nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""What follows from beliefs about intervention against ISIS in Libya, as of the end of February 2016.

Names are imported when they are first used, so that ``import forecast`` costs nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

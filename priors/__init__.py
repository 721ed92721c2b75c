"""What is believed about the quantities of the model, and why: priors as named data with sources.

Nothing heavy is imported until it is used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

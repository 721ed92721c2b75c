"""What every test needs before anything else is imported."""

import os

# No window may open: matplotlib reads this when it is first imported.
os.environ["MPLBACKEND"] = "Agg"

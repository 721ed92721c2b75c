"""What every test needs before anything else is imported."""

import os
import signal
import tempfile

# No window may open: matplotlib reads this when it is first imported.
os.environ["MPLBACKEND"] = "Agg"

# Tests are shared out over processes, which fill the cores; threads of BLAS beside them only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# No test may read or fill the user's cache. A run of several parts may name one folder for them all, so that each real
# fit is sampled once.
_own = tempfile.TemporaryDirectory(prefix="libya-forecast-tests-")
os.environ["LIBYA_FORECAST_CACHE"] = os.environ.get("LIBYA_FORECAST_TEST_CACHE", _own.name)

# A shell starts its background jobs with Ctrl-C ignored, and some tests send one.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

from hypothesis import settings  # noqa: E402

# How long an example takes depends on what else the machine does. "make test-all" tries the many.
settings.register_profile("few", deadline=None, max_examples=40)
settings.register_profile("many", deadline=None, max_examples=200)
settings.load_profile("few")

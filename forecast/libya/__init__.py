"""One month of one possible Libya, as pure arithmetic; :mod:`forecast.libya.world` makes a World of it.

The parts of the month import neither the rest of the project nor an array library: every function is given its
namespace ``xp``, of which it uses only ``exp``, ``minimum``, ``maximum`` and (for counts) ``poisson_ppf``. So the same
lines are recorded as steps, and run on arrays and on PyTensor graphs where the evidence asks for a hazard. Indicators
are 0.0 or 1.0, and choices are written as arithmetic on comparisons, because symbols cannot branch.
"""

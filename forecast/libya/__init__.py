"""One month of one possible Libya, as pure arithmetic.

Nothing here imports the rest of the project or an array library: every function is given its array namespace
``xp``, of which it uses only ``exp``, ``minimum``, ``maximum`` and (for counts) ``poisson_ppf``. So the same
lines run on NumPy arrays, under a compiler world by world, and on PyTensor graphs where the evidence asks for
a hazard. Indicators are 0.0 or 1.0, and choices are written as arithmetic on comparisons, because not every
namespace can branch.
"""

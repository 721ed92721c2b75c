"""``prior_posterior``: how far the evidence moved each belief."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.diagnostics.arrays import chain_error, quantile_error, tail_index
from forecast.diagnostics.blocks import block_numbers
from forecast.diagnostics.groups import check_groups, is_reached, reached_names, scalars
from forecast.estimates import block_jackknife, estimate_text, value_text
from forecast.results import Column, Result, about_of, number, word
from priors.intervals import tails
from priors.reading import scale_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["HEAVY", "Moved", "PriorPosterior", "overlap_of", "prior_posterior"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

HEAVY = 0.5
"""Tail index from which a distribution has no finite variance: a shift in standard deviations then means little."""

_GRID = np.linspace(-6.0, 6.0, 481)
"""Where densities are compared, in normal scores of the prior."""


@dataclass(frozen=True)
class Moved:
    """One quantity before and after the evidence, in its own unit; the fields are the columns of the table.

    Attributes
    ----------
    parameter : str
        Its name; ``rate[2]`` for an element of a vector.
    reached : bool
        Whether any item of evidence reaches it, directly or through others. Where none does the posterior is the
        prior, and shift and contraction are 0 and the overlap 1 by construction, without error.
    prior_mean, prior_mean_error, prior_sd, prior_lower, prior_upper : float
        Of the fit's prior draws; ``lower`` and ``upper`` bound the central 90%.
    posterior_mean, posterior_mean_error, posterior_sd : float
        Of the posterior draws.
    posterior_lower, posterior_lower_error, posterior_upper, posterior_upper_error : float
        The central 90%, each end with its Monte-Carlo error.
    shift, shift_error : float
        (posterior mean - prior mean) / prior sd.
    contraction, contraction_error : float
        1 - posterior variance / prior variance; negative where evidence made the belief wider.
    overlap, overlap_error : float
        Integral of the smaller of the two densities, 0..1. Noise alone lowers it by a hundredth or two.
    heavy_tails : bool
        Whether the prior's tail index is at least :data:`HEAVY`. Then read the overlap and the interval, not the
        shift and the contraction.
    units : str
        Unit of the quantity, empty if the fit does not say.
    """

    parameter: str
    reached: bool
    prior_mean: float
    prior_mean_error: float
    prior_sd: float
    prior_lower: float
    prior_upper: float
    posterior_mean: float
    posterior_mean_error: float
    posterior_sd: float
    posterior_lower: float
    posterior_lower_error: float
    posterior_upper: float
    posterior_upper_error: float
    shift: float
    shift_error: float
    contraction: float
    contraction_error: float
    overlap: float
    overlap_error: float
    heavy_tails: bool
    units: str


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class PriorPosterior(Result):
    """Every quantity before and after the evidence; index parameter.

    Attributes
    ----------
    rows : tuple of Moved
        What evidence reaches first, the least overlap on top; then what it does not reach, by name.
    scores : mapping of str to (ndarray, ndarray)
        For the picture: of each quantity that evidence reaches, prior and posterior draws in units of the prior's sd
        from the prior's mean.
    """

    rows: tuple[Moved, ...]
    scores: Mapping[str, tuple[Array, Array]] = field(compare=False)

    row, index = Moved, ("parameter",)

    @property
    def reached(self) -> tuple[Moved, ...]:
        """What evidence reaches."""
        return tuple(row for row in self.rows if row.reached)

    def _line(self) -> str:
        most = f", most of all {self.reached[0].parameter}" if self.reached else ""
        return f"{len(self.reached)} of {len(self.rows)} quantities reached by evidence{most}"

    def _columns(self) -> tuple[Column, ...]:
        def after(row: Moved) -> str:
            return value_text(row.posterior_mean, row.posterior_mean_error, row.units, named=False)

        def shift(row: Moved) -> str:
            return estimate_text(row.shift, row.shift_error) + (" (heavy tails)" if row.heavy_tails else "")

        return (
            word("parameter", "parameter"),
            Column("at prior mean", lambda row: scale_of(row.units).shown(row.prior_mean)),
            Column("at posterior mean", after),
            Column("shift in prior sd", shift),
            number("contraction", "contraction"),
            number("overlap", "overlap"),
        )

    def _page(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        heads, cells = super()._page()
        # What evidence reaches comes first.
        return heads, cells[: len(self.reached)]

    def _foot(self) -> str:
        return f"{self!r}. The other {len(self.rows) - len(self.reached)} keep their prior."


def prior_posterior(fit: xr.DataTree) -> PriorPosterior:
    """Compare every belief before and after the evidence.

    Parameters
    ----------
    fit : xarray.DataTree
        From :func:`forecast.fit`; the groups ``prior`` and ``posterior`` are read. Quantities that only a likelihood
        has (the bias of reports, the spread of classes) have no prior draws and are left out.

    Returns
    -------
    PriorPosterior
        A row a quantity: means, intervals, shift in prior standard deviations, contraction and overlap. Errors of the
        last three are a jackknife over blocks of both groups' draws, so both sides count; a posterior draw's
        autocorrelation stays inside its block. The overlap is measured on the scale on which the prior is a standard
        normal, so that bounds and heavy tails do not matter, with a kernel of Silverman's width.

    Raises
    ------
    InvalidArgument
        If ``fit`` has no prior or posterior draws.

    References
    ----------
    Betancourt (2018), Calibrating model-based inferences and decisions, arXiv:1803.08393 (shift and contraction).
    Inman & Bradley (1989), The overlapping coefficient as a measure of agreement between probability distributions,
    *Communications in Statistics* 18, 3851-3874. Silverman (1986), *Density estimation*, section 3.4.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> fit = forecast.fit(priors.load(district.beliefs), world=district, evidence="seen", draws=1000, progress=False)
    >>> [row.parameter for row in forecast.prior_posterior(fit).reached]
    ['rebels', 'truce_hazard', 'growth']
    """
    tree = check_groups(fit, "prior", "posterior")
    prior, posterior = tree["prior"].to_dataset(), tree["posterior"].to_dataset()
    names = [str(name) for name in posterior.data_vars if name in prior]
    before, after = scalars(prior, names), scalars(posterior, names)
    blocks = block_numbers(prior), block_numbers(posterior)
    reached = reached_names(tree)
    rows, scores = [], {}
    for name, draws in after.items():
        variable = name.split("[")[0]
        touched = is_reached(variable, reached)
        rows.append(_row(name, before[name], draws, blocks, touched, str(posterior[variable].attrs.get("units", ""))))
        if touched and rows[-1].prior_sd > 0.0:
            centre, scale = rows[-1].prior_mean, rows[-1].prior_sd
            scores[name] = (before[name].reshape(-1) - centre) / scale, (draws.reshape(-1) - centre) / scale
    rows.sort(key=lambda row: (not row.reached, row.overlap, row.parameter))
    return PriorPosterior(about=about_of(tree, unit=""), rows=tuple(rows), scores=scores)


def _row(name: str, prior: Array, posterior: Array, blocks: tuple[Any, Any], reached: bool, units: str) -> Moved:
    low, high = tails()
    lower, upper = np.quantile(prior, (low, high))
    post_lower, post_upper = np.quantile(posterior, (low, high))
    if reached:
        shift, contraction, overlap = _compared(prior.reshape(-1), posterior.reshape(-1), *blocks)
    else:
        shift, contraction, overlap = (0.0, 0.0), (0.0, 0.0), (1.0, 0.0)
    return Moved(
        parameter=name,
        reached=reached,
        prior_mean=float(prior.mean()),
        prior_mean_error=chain_error(prior),
        prior_sd=float(prior.std()),
        prior_lower=float(lower),
        prior_upper=float(upper),
        posterior_mean=float(posterior.mean()),
        posterior_mean_error=chain_error(posterior),
        posterior_sd=float(posterior.std()),
        posterior_lower=float(post_lower),
        posterior_lower_error=quantile_error(posterior, low),
        posterior_upper=float(post_upper),
        posterior_upper_error=quantile_error(posterior, high),
        shift=shift[0],
        shift_error=shift[1],
        contraction=contraction[0],
        contraction_error=contraction[1],
        overlap=overlap[0],
        overlap_error=overlap[1],
        heavy_tails=tail_index(prior) >= HEAVY,
        units=units,
    )


def _compared(
    prior: Array, posterior: Array, prior_block: Any, posterior_block: Any
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Return shift, contraction and overlap, each with its error."""
    before, after = _Moments(prior, prior_block), _Moments(posterior, posterior_block)
    mean, variance = before.whole
    post_mean, post_variance = after.whole
    with np.errstate(all="ignore"):
        shift = (post_mean - mean) / np.sqrt(variance)
        shifts = ((post_mean - before.means) / np.sqrt(before.variances), (after.means - mean) / np.sqrt(variance))
        contraction = 1.0 - post_variance / variance
        contractions = (1.0 - post_variance / before.variances, 1.0 - after.variances / variance)
    overlap, overlaps = _overlaps(prior, posterior, prior_block, posterior_block)
    sizes = before.sizes, after.sizes
    return (
        (float(shift), _both(shift, shifts, sizes)),
        (float(contraction), _both(contraction, contractions, sizes)),
        (overlap, _both(overlap, overlaps, sizes)),
    )


def _both(whole: Any, left_out: tuple[Any, Any], sizes: tuple[Any, Any]) -> float:
    """Error of a statistic of two independent sets of draws."""
    return float(np.hypot(*(block_jackknife(whole, one, size)[0] for one, size in zip(left_out, sizes, strict=True))))


class _Moments:
    """Mean and variance of draws, of all and with each block left out."""

    def __init__(self, draws: Array, block: Any) -> None:
        self.sizes = np.bincount(block)
        # Sums of squares about the mean, so that nothing cancels.
        centre = draws.mean()
        off = draws - centre
        first, second = np.bincount(block, weights=off), np.bincount(block, weights=off**2)
        left = np.maximum(self.sizes.sum() - self.sizes, 1)
        means = (first.sum() - first) / left
        self.means = centre + means
        self.variances = (second.sum() - second) / left - means**2
        self.whole = centre, off.var()


def overlap_of(prior: Array, posterior: Array) -> float:
    """Integral of the smaller of two densities, from draws of each.

    Parameters
    ----------
    prior, posterior : ndarray
        Draws, shape (draw,).

    Returns
    -------
    float
        0..1.
    """
    nowhere = np.zeros(prior.size, dtype=np.intp), np.zeros(posterior.size, dtype=np.intp)
    return _overlaps(prior, posterior, *nowhere)[0]


def _overlaps(prior: Array, posterior: Array, prior_block: Any, posterior_block: Any) -> tuple[float, Any]:
    """Overlap of all draws, and with each block of the prior's, and of the posterior's, left out."""
    known, step = np.sort(prior), _GRID[1] - _GRID[0]
    wholes, left_out = [], []
    for draws, block in ((prior, prior_block), (posterior, posterior_block)):
        scores = _normal_scores(known, draws)
        # One width for both unless the posterior is the narrower: a wide kernel would hide that it is.
        width = 0.9 * min(prior.size, posterior.size) ** -0.2 * min(1.0, float(scores.std()))
        kernel = np.exp(-0.5 * ((_GRID[:, None] - _GRID) / max(width, step)) ** 2)
        kernel /= kernel.sum(axis=0)
        count = _counts(scores, block)
        wholes.append(_shares(count.sum(axis=0)) @ kernel.T / step)
        left_out.append(_shares(count.sum(axis=0) - count) @ kernel.T / step)
    overlap = float(np.minimum(*wholes).sum() * step)
    return overlap, (
        np.minimum(left_out[0], wholes[1]).sum(axis=1) * step,
        np.minimum(wholes[0], left_out[1]).sum(axis=1) * step,
    )


def _shares(count: Any) -> Any:
    return count / np.maximum(count.sum(axis=-1, keepdims=True), 1.0)


def _normal_scores(known: Array, draws: Array) -> Array:
    """Return where draws lie in the prior, as standard normal scores. Equal draws have the middle of their ranks."""
    from scipy.special import ndtri

    below, above = np.searchsorted(known, draws, "left"), np.searchsorted(known, draws, "right")
    # Draws between two of the prior's are spread over the gap, or all of them would pile up on its middle.
    gap = below == above
    inside = np.clip(below, 1, known.size - 1)
    low, high = known[inside - 1], known[inside]
    with np.errstate(all="ignore"):
        share = np.where(gap & (high > low), (draws - low) / (high - low), 0.5)
    rank = np.where(gap, inside - 0.5 + np.clip(share, 0.0, 1.0), 0.5 * (below + above))
    # Past the prior's last draw nothing is known but that it is past: half a rank, and no farther.
    rank = np.where(gap & (below == 0), 0.25, np.where(gap & (below == known.size), known.size - 0.25, rank))
    return np.asarray(ndtri(rank / known.size), dtype=np.float64)


def _counts(scores: Array, block: Any) -> Any:
    """Count draws by block and cell of the grid."""
    step = _GRID[1] - _GRID[0]
    cell = np.clip(np.rint((scores - _GRID[0]) / step).astype(np.intp), 0, _GRID.size - 1)
    blocks = int(block.max()) + 1
    return np.bincount(block * _GRID.size + cell, minlength=blocks * _GRID.size).reshape(blocks, -1).astype(np.float64)

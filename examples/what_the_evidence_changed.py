"""Fit the article's beliefs to its evidence, and see what that changed: beliefs, checks, and outcomes item by item."""

from pathlib import Path

import forecast
import priors
from forecast.estimates import estimate_text


def main(out: Path = Path("examples-out"), worlds: int = 10_000) -> None:
    """Print what moved, what the checks say and what each item does to two outcomes; save four pictures."""
    out.mkdir(parents=True, exist_ok=True)
    # As many draws as worlds, in four chains.
    draws = max(worlds // 4, 100)
    fit = forecast.fit(forecast.build_model(priors.load("article"), evidence="article"), draws=draws)
    outcomes = forecast.simulate(
        fit, options=["no_assistance", "airstrikes", "regional_centres"], worlds=worlds, seed=1
    )

    moved = forecast.prior_posterior(fit)
    print(moved)
    for belief in [row for row in moved.rows if row.reached][:6]:
        shift = estimate_text(belief.shift, belief.shift_error)
        overlap = estimate_text(belief.overlap, belief.overlap_error)
        print(f"  {belief.parameter:18} {shift:>15} prior sd, overlap {overlap}")

    checks = forecast.predictive_checks(fit)
    print(checks)
    for check in checks.rows:
        print(f"  {check.item:18} tail {estimate_text(check.prior_tail, check.prior_tail_error)} before the evidence")

    scaled = forecast.power_scaling(fit, outcomes=outcomes)
    print(scaled)

    without = forecast.leave_one_out(fit, outcomes=outcomes, names=["isis_degraded", "council_survives"])
    print(without)
    for row in without.rows:
        effect = estimate_text(row.effect, row.effect_error, unit="yes/no")
        note = "" if row.reliable else "  (not reliable: fit without it)"
        print(f"  without {row.item:18} {row.outcome:17} {row.option:17} {effect:>16}{note}")

    forecast.plots.save(moved.plot(), out / "evidence_moved.png")
    forecast.plots.save(checks.plot(), out / "evidence_checks.png")
    forecast.plots.save(scaled.plot(), out / "evidence_scaling.png")
    forecast.plots.save(without.plot(outcome="isis_degraded"), out / "evidence_without.png")
    print(f"Pictures in {out}/")


if __name__ == "__main__":
    main()

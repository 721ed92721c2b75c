"""Fit the article's beliefs to its evidence, and see what that changed: beliefs, checks, and outcomes item by item."""

from pathlib import Path

import forecast
import priors
from forecast.rounding import estimate_text


def main(out: Path = Path("examples-out"), worlds: int = 10_000) -> None:
    """Print what moved, what the checks say and what each item does to two outcomes; save four pictures."""
    out.mkdir(parents=True, exist_ok=True)
    # As many draws as worlds, in four chains.
    draws = max(worlds // 4, 100)
    fit = forecast.fit(forecast.build_model(priors.load("article"), evidence="article"), draws=draws)
    outcomes = forecast.simulate(fit, options=["no_assistance", "airstrikes", "regional_centres"], worlds=worlds, seed=1)

    moved = forecast.prior_posterior(fit)
    print(moved)
    for name, row in moved.to_frame().query("reached").head(6).iterrows():
        shift = estimate_text(row["shift"], row["shift_error"])
        print(f"  {name!s:18} {shift:>15} prior sd, overlap {estimate_text(row['overlap'], row['overlap_error'])}")

    checks = forecast.predictive_checks(fit)
    print(checks)
    for (item, _), row in checks.to_frame().iterrows():
        print(f"  {item!s:18} tail {estimate_text(row['prior_tail'], row['prior_tail_error'])} before the evidence")

    scaled = forecast.power_scaling(fit, outcomes=outcomes)
    print(scaled)

    without = forecast.leave_one_out(fit, outcomes=outcomes, names=["isis_degraded", "council_survives"])
    print(without)
    for (item, outcome, option), row in without.to_frame().iterrows():
        effect = estimate_text(row["effect"], row["effect_error"], unit="yes/no")
        note = "" if row["reliable"] else "  (not reliable: fit without it)"
        print(f"  without {item!s:18} {outcome!s:17} {option!s:17} {effect:>16}{note}")

    forecast.plots.save(moved.plot(), out / "evidence_moved.png")
    forecast.plots.save(checks.plot(), out / "evidence_checks.png")
    forecast.plots.save(scaled.plot(), out / "evidence_scaling.png")
    forecast.plots.save(without.plot(outcome="isis_degraded"), out / "evidence_without.png")
    print(f"Pictures in {out}/")


if __name__ == "__main__":
    main()

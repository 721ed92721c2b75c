"""Change one belief and see, in the same worlds, what the conclusion owes to it.

The article calls the risk of blowback "especially dire". Suppose you think that support to one faction provokes nobody.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import forecast
import priors


def main(out: Path = Path("examples-out"), worlds: int = 10_000) -> None:
    """Print the belief before and after, and what changing it does to two options; save three pictures."""
    out.mkdir(parents=True, exist_ok=True)
    article = priors.load("article")
    print(article["blowback_partisanship"].page())

    calm = priors.elicit("Normal", interval=(-0.2, 0.2), mass=0.9, derivation="Rivals shrug off help to one faction.")
    changed = article.replace(blowback_partisanship=calm, clash_partisanship=calm)

    options = ["no_assistance", "ct_assistance", "regional_centres"]
    before = forecast.simulate(article, options=options, worlds=worlds, seed=1)
    after = forecast.simulate(changed, options=options, worlds=worlds, seed=1)
    for name in ("blowback_ever", "council_survives", "stable_success"):
        shift = after[name].astype(float) - before[name].astype(float)
        error = shift.std("world", ddof=1) / np.sqrt(worlds)
        for option in ("ct_assistance", "regional_centres"):
            points, plus_minus = 100 * shift.sel(option=option).mean(), 100 * error.sel(option=option)
            print(f"{name:18} {option:18} {float(points):+6.1f} ± {float(plus_minus):.1f} points")

    forecast.plots.save(forecast.plots.trade_off(before), out / "before.png")
    forecast.plots.save(forecast.plots.trade_off(after), out / "after.png")
    figure = Figure(figsize=(7, 4), layout="constrained")
    changed["blowback_partisanship"].plot(figure.subplots())
    forecast.plots.save(figure, out / "belief.png")
    print(f"Pictures in {out}/")


if __name__ == "__main__":
    main()

"""Where in what is believed do regional centres fail, and how sure is that? Boxes in belief space, in words.

A box is found in one half of the possible worlds and measured in the other, so it is not claimed by luck.
"""

from __future__ import annotations

from pathlib import Path

import forecast
import priors

FAILURES = {
    "pyrrhic": "Sirte is freed, and the council or the peace lost",
    "not stable_success": "no stable success, for whatever reason",
    "beaten": "another option is better, by balanced values",
}


def main(out: Path = Path("examples-out"), worlds: int = 10_000) -> None:
    """Print where each failure concentrates, with its errors, and save a picture of each."""
    out.mkdir(parents=True, exist_ok=True)
    run = forecast.simulate(priors.load("article"), worlds=worlds, progress=False)
    for event, meaning in FAILURES.items():
        # The boxes are the same with engine="ema_workbench", which needs the extra "discovery".
        found = forecast.discover(run, event=event, option="regional_centres", refits=8, engine="numpy")
        print(f"{meaning}\n  {found.words}")
        for number, box in enumerate(found.boxes, start=1):
            print(f"  Box {number}: density {box.density:.3f} ± {box.density_error:.3f}, ", end="")
            print(f"coverage {box.coverage:.3f} ± {box.coverage_error:.3f}, mass {box.mass:.3f} ± {box.mass_error:.3f}")
        print()
        forecast.plots.save(found.plot(), out / f"where_{event.replace(' ', '_')}.png")
    print(f"Pictures in {out}/")


if __name__ == "__main__":
    main()

"""How fragile may the council be before an option that rests on it fails? A sweep over two beliefs and four options."""

import tomllib
from pathlib import Path

import forecast

GRID = Path(__file__).with_name("council_fragility.toml")


def main(out: Path = Path("examples-out"), worlds: int = 10_000) -> None:
    """Print what a sweep would take and what it found, and save two pictures and a table."""
    out.mkdir(parents=True, exist_ok=True)
    asked = tomllib.loads(GRID.read_text(encoding="utf-8"))
    store = out / "council.zarr"
    told = forecast.sweep(asked["grid"], store=store, outcomes=asked["outcomes"], worlds=worlds, dry_run=True)
    print(f"Before: {told.report.say()}.")

    # Stopped in whatever way, the same call goes on where it was; run again, it only reads.
    swept = forecast.sweep(asked["grid"], store=store, outcomes=asked["outcomes"], worlds=worlds)
    print(f"After: {swept.report.say()}.\n")
    table = swept.to_frame()
    table.to_csv(out / "council_fragility.csv")

    # Where the regional centres do better than doing nothing, by the difference in the same worlds.
    centres = table.xs("regional_centres", level="options")
    better = centres["stable_success_difference"].unstack("collapse_footprint")
    most = 100 * centres["stable_success_difference_error"].max()
    print(f"Stable success with the regional centres less that without help, points (errors up to {most:.1f}):")
    print((100 * better).round(1).to_string())

    heat = swept.plot(
        outcome="stable_success",
        x="collapse_hazard",
        by="collapse_footprint",
        at={"options": "regional_centres"},
        difference=True,
    )
    forecast.plots.save(heat, out / "council_fragility_difference.png")
    lines = swept.plot(outcome="council_survives", x="collapse_hazard", at={"collapse_footprint": 2.0})
    forecast.plots.save(lines, out / "council_fragility.png")
    print(f"\nPictures and table in {out}/; the cells are kept in {store}")


if __name__ == "__main__":
    main()

"""What follows from beliefs about intervention against ISIS in Libya, as of the end of February 2016.

Names are imported when they are first used, so that ``import forecast`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import forecast.options as options
    import forecast.plots as plots
    from forecast.comparison import compare
    from forecast.decision.breakeven import breakeven
    from forecast.decision.by_beliefs import by_beliefs
    from forecast.decision.by_claim import by_claim
    from forecast.decision.decide import decide
    from forecast.decision.dominance import dominance
    from forecast.decision.evsi import evsi
    from forecast.decision.flips import weight_flips
    from forecast.decision.information import evpi, evppi
    from forecast.decision.luck import luck_and_ignorance
    from forecast.decision.questions import questions
    from forecast.decision.reading import load_values
    from forecast.decision.studies import BinomialStudy, IntervalReport, NormalStudy
    from forecast.decision.tradeoffs import tradeoffs
    from forecast.decision.utility import scores, utility
    from forecast.decision.values import Attribute, Goal, Values
    from forecast.decision.waiting import waiting
    from forecast.decision.weights import weight_map
    from forecast.diagnostics.calibration import calibrate
    from forecast.diagnostics.classes import check_classes
    from forecast.diagnostics.gates import check
    from forecast.diagnostics.leaving_out import leave_one_out
    from forecast.diagnostics.moved import prior_posterior
    from forecast.diagnostics.predictive import predictive_checks
    from forecast.diagnostics.scaling import power_scaling
    from forecast.engine.simulate import simulate
    from forecast.estimates import Estimate
    from forecast.evidence import load_evidence
    from forecast.inference import fit
    from forecast.model import build_model
    from forecast.options import Option
    from forecast.outcomes.at import at
    from forecast.outcomes.dataset import parameters, to_arviz
    from forecast.outcomes.given import given
    from forecast.outcomes.join import join
    from forecast.question import Quantity
    from forecast.results import About, Result
    from forecast.runs.run import Run, run
    from forecast.sensitivity.best_map import best_map
    from forecast.sensitivity.discovery.discover import discover
    from forecast.sensitivity.given_data import delta, pawn
    from forecast.sensitivity.shapley import shapley
    from forecast.sensitivity.sobol import sobol
    from forecast.sensitivity.tornado import tornado
    from forecast.sensitivity.two_way import two_way
    from forecast.settings import Settings
    from forecast.store import load, save
    from forecast.structures.by_structure import by_structure
    from forecast.structures.ranges import structure_ranges
    from forecast.sweeps.sweep import sweep
    from forecast.world_page import describe_world

_HOMES = {
    "About": "forecast.results",
    "Attribute": "forecast.decision.values",
    "BinomialStudy": "forecast.decision.studies",
    "Estimate": "forecast.estimates",
    "Goal": "forecast.decision.values",
    "IntervalReport": "forecast.decision.studies",
    "NormalStudy": "forecast.decision.studies",
    "Option": "forecast.options",
    "Quantity": "forecast.question",
    "Result": "forecast.results",
    "Run": "forecast.runs.run",
    "Settings": "forecast.settings",
    "Values": "forecast.decision.values",
    "at": "forecast.outcomes.at",
    "best_map": "forecast.sensitivity.best_map",
    "breakeven": "forecast.decision.breakeven",
    "build_model": "forecast.model",
    "by_beliefs": "forecast.decision.by_beliefs",
    "by_claim": "forecast.decision.by_claim",
    "by_structure": "forecast.structures.by_structure",
    "calibrate": "forecast.diagnostics.calibration",
    "check": "forecast.diagnostics.gates",
    "check_classes": "forecast.diagnostics.classes",
    "compare": "forecast.comparison",
    "decide": "forecast.decision.decide",
    "delta": "forecast.sensitivity.given_data",
    "describe_world": "forecast.world_page",
    "discover": "forecast.sensitivity.discovery.discover",
    "dominance": "forecast.decision.dominance",
    "evpi": "forecast.decision.information",
    "evppi": "forecast.decision.information",
    "evsi": "forecast.decision.evsi",
    "fit": "forecast.inference",
    "given": "forecast.outcomes.given",
    "join": "forecast.outcomes.join",
    "leave_one_out": "forecast.diagnostics.leaving_out",
    "load": "forecast.store",
    "load_evidence": "forecast.evidence",
    "load_values": "forecast.decision.reading",
    "luck_and_ignorance": "forecast.decision.luck",
    "parameters": "forecast.outcomes.dataset",
    "pawn": "forecast.sensitivity.given_data",
    "power_scaling": "forecast.diagnostics.scaling",
    "predictive_checks": "forecast.diagnostics.predictive",
    "prior_posterior": "forecast.diagnostics.moved",
    "questions": "forecast.decision.questions",
    "run": "forecast.runs.run",
    "save": "forecast.store",
    "scores": "forecast.decision.utility",
    "shapley": "forecast.sensitivity.shapley",
    "simulate": "forecast.engine.simulate",
    "sobol": "forecast.sensitivity.sobol",
    "structure_ranges": "forecast.structures.ranges",
    "sweep": "forecast.sweeps.sweep",
    "to_arviz": "forecast.outcomes.dataset",
    "tornado": "forecast.sensitivity.tornado",
    "tradeoffs": "forecast.decision.tradeoffs",
    "two_way": "forecast.sensitivity.two_way",
    "utility": "forecast.decision.utility",
    "waiting": "forecast.decision.waiting",
    "weight_flips": "forecast.decision.flips",
    "weight_map": "forecast.decision.weights",
}
_MODULES = ("errors", "options", "plots")

__all__ = [
    "About",
    "Attribute",
    "BinomialStudy",
    "Estimate",
    "Goal",
    "IntervalReport",
    "NormalStudy",
    "Option",
    "Quantity",
    "Result",
    "Run",
    "Settings",
    "Values",
    "at",
    "best_map",
    "breakeven",
    "build_model",
    "by_beliefs",
    "by_claim",
    "by_structure",
    "calibrate",
    "check",
    "check_classes",
    "compare",
    "decide",
    "delta",
    "describe_world",
    "discover",
    "dominance",
    "evpi",
    "evppi",
    "evsi",
    "fit",
    "given",
    "join",
    "leave_one_out",
    "load",
    "load_evidence",
    "load_values",
    "luck_and_ignorance",
    "options",
    "parameters",
    "pawn",
    "plots",
    "power_scaling",
    "predictive_checks",
    "prior_posterior",
    "questions",
    "run",
    "save",
    "scores",
    "shapley",
    "simulate",
    "sobol",
    "structure_ranges",
    "sweep",
    "to_arviz",
    "tornado",
    "tradeoffs",
    "two_way",
    "utility",
    "waiting",
    "weight_flips",
    "weight_map",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _MODULES:
        return import_module(f"forecast.{name}")
    raise AttributeError(f"module 'forecast' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES])

"""Options that pull one lever or two, to put a claim about them to the test."""

from forecast.options import Option, Phase


def single(name, **levers):
    return Option(name, phases=(Phase(levers),))


PROBES = (
    single("misrata_only", support_misrata=1.0),
    single("pfg_only", support_pfg=1.0),
    single("misrata_led_by_sirte", support_misrata=1.0, support_sirte_officers=1.0),
    single("misrata_with_rules", support_misrata=1.0, conditionality=1.0),
    single("misrata_with_rules_and_centres", support_misrata=1.0, conditionality=1.0, coordination=1.0),
    single("strikes_only", strikes=1.0),
    single("advisers_only", advisers=1.0),
    single("strikes_and_advisers", strikes=1.0, advisers=1.0),
    single("strikes_and_advised_centres", strikes=1.0, advisers=1.0, coordination=1.0),
    single("advised_centres", advisers=1.0, coordination=1.0),
    single("centres_under_conditions", coordination=1.0, conditionality=1.0, western_unity=1.0, regional_restraint=1.0),
    single("lna_only", support_lna=1.0),
    single("misrata_with_advisers", support_misrata=1.0, advisers=1.0),
    single("centres_only", coordination=1.0),
    single("centres_and_unity", coordination=1.0, western_unity=1.0),
    single("centres_and_restraint", coordination=1.0, regional_restraint=1.0),
    single("mediation_only", mediation=1.0),
)

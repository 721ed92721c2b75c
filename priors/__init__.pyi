"""The public names, each with its home; :mod:`priors` imports one when it is first used."""

from .claims import Claim as Claim
from .claims import Claims as Claims
from .claims import load_claims as load_claims
from .claims import load_structure as load_structure
from .classes import load_classes as load_classes
from .elicitation import elicit as elicit
from .forms import Forms as Forms
from .forms import structures as structures
from .lexicon import load_lexicon as load_lexicon
from .loading import available as available
from .loading import load as load
from .pooling import pool as pool
from .prior import Prior as Prior
from .prior_set import PriorSet as PriorSet
from .request import Elicitation as Elicitation
from .without import without_claim as without_claim

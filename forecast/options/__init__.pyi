"""The public names of options, each with its home."""

from .loading import baseline_of as baseline_of
from .loading import check_starts as check_starts
from .loading import load as load
from .loading import parse as parse
from .loading import proposal_of as proposal_of
from .loading import read as read
from .loading import resolve as resolve
from .option import Condition as Condition
from .option import Option as Option
from .option import Phase as Phase
from .option import Trigger as Trigger

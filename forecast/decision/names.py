"""Reading an argument that takes one name or several."""

from __future__ import annotations

from collections.abc import Iterable

from forecast.errors import InvalidArgument

__all__ = ["listed"]


def listed(argument: str, value: Iterable[str] | str) -> list[str]:
    """Give the names that an argument has, one name being a list of one.

    Parameters
    ----------
    argument : str
        What the argument is called.
    value : iterable of str or str
        What was given for it.

    Returns
    -------
    list of str
        In the order given; whether they are known, and each once, is for the caller to say.

    Raises
    ------
    InvalidArgument
        If it is neither: a number, say, or bytes.
    """
    if isinstance(value, str):
        return [value]
    try:
        if isinstance(value, bytes):
            raise TypeError
        return [str(name) for name in value]
    except TypeError:
        raise InvalidArgument(
            f"{argument} is a {type(value).__name__}",
            expected="a name, or several in a list",
            mend=f"pass {argument}=['a', 'b'], or leave it out",
        ) from None

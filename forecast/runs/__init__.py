"""One run from beliefs to a decision: what ``forecast run`` does."""

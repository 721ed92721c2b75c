"""Which option under whose values, how sure, what would flip it, and what is worth finding out first."""

"""Posteriors by importance sampling: what evidence says of beliefs, block by block."""

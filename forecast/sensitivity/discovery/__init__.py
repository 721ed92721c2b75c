"""Scenario discovery: boxes in belief space where an event concentrates."""

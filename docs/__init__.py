"""What builds the generated pages and pictures."""

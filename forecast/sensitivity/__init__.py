"""How outcomes answer to beliefs: one at a time, all together, in boxes, and over grids."""

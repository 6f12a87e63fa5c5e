"""How long the pages' tests wait for anything: no measure of speed, only an end to waiting."""

LIMIT = 20_000  # ms

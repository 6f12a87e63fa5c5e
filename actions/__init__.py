"""The action server: slots in, events out; what the municipality says comes from knowledge."""

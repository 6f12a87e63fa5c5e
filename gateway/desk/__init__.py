"""What the operators' desk asks of the gateway."""

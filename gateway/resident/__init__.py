"""What a resident's page asks of the gateway."""

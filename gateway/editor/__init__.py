"""What the editor's page asks of the gateway: a thin way through to the articles."""

"""The municipality's own page for residents: everything the chat can do, without a script."""

"""Articles as editors write them, their revisions, and the database they are kept in."""

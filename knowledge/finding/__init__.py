"""From a question to the place that answers it, and how sure that is."""

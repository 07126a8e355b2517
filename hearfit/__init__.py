"""From answers in listening tests to a profile of that ear."""

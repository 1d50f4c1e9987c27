"""The history: every run on record, in SQLite or PostgreSQL, to see what changed and since when."""

"""Taking over what an MLflow store holds: a folder ``mlruns``, a SQLite file, or a tracking server."""

"""JumpStart's names for the algorithms for tables: ids, scripts and specs in the bucket that SDKs read them from."""

"""People: users, groups, roles and who has them, access keys, signing in and out."""

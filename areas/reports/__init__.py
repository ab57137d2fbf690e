"""Reports: text and live charts of runs on one page, with versions, snapshots, and links that need no signing in."""

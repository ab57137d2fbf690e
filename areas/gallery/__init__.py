"""The gallery of built-in algorithms: what each is for, takes, reports and answers, read from what the algorithms declare."""

"""Reports of rules: HTML that needs nothing beside itself, the numbers as JSON, and a notebook that reads them."""

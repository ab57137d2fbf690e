"""What a person was told: the page, what they want to hear of, and the same by REST. Telling is ``registry.notices``."""

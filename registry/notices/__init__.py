"""What people are told: in the Studio, and by e-mail where it is set up."""

from registry.notices.telling import tell, tell_all  # noqa: F401

"""supervisord, except that it starts its programs at once, and not at its first tick a second later."""

import sys
from contextlib import suppress

from supervisor.medusa.asyncore_25 import ExitNow
from supervisor.options import ServerOptions
from supervisor.supervisord import Supervisor


class PromptSupervisor(Supervisor):
    def runforever(self):
        for group in sorted(self.process_groups.values()):
            group.transition()
        super().runforever()


def main(arguments: list[str]) -> None:
    options = ServerOptions()
    options.realize(arguments, doc=__doc__)
    options.first, options.test = True, False
    with suppress(ExitNow):
        PromptSupervisor(options).main()
    options.close_logger()


if __name__ == "__main__":
    main(sys.argv[1:])

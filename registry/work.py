"""What the notify worker does: take events, send messages and e-mails. The database says what is due; RQ only wakes.

Sending happens in threads that touch no row, so that neither a dead receiver nor a slow mail server holds up anything else.
"""

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from registry import outbox
from registry.notices import mail
from registry.webhooks import deliveries, sending

THREADS = 16
ROUND = 20.0  # seconds in which new work is begun; then the task ends as soon as what is on its way has
LOOK = 0.5  # seconds between two looks at the database while something is on its way


def work() -> None:
    """Do what is due now, and what becomes due meanwhile. Safe to run twice and at the same time."""
    until = time.monotonic() + ROUND
    running: dict[Future, tuple] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        while True:
            outbox.take_waiting()
            free = THREADS - len(running)
            if time.monotonic() < until and free:
                for delivery in deliveries.claim(free):
                    running[pool.submit(sending.send, *deliveries.signed(delivery))] = (deliveries.record, delivery)
                for notification in mail.claim(free):
                    running[pool.submit(mail.send, notification)] = (mail.record, notification)
            if not running:
                return
            for future in wait(running, timeout=LOOK, return_when=FIRST_COMPLETED).done:
                record, row = running.pop(future)
                record(row, future.result())

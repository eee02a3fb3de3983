"""The tick of the job queue: a short look at the market that never overlaps itself."""

import asyncio
import logging
from collections.abc import Callable

from telegram.ext import ContextTypes, Job, JobQueue

from bot.allocations.acceptance import UnusableAllocation
from bot.operations.pulse import Part, Pulse
from bot.records import now
from bot.services import Services
from core.ports import BrokerAway
from storage.errors import WrongAccount

log = logging.getLogger(__name__)


class Jobs:
    """Runs the rounds. `fatal` is called with what the process must stop for, `pulse` notes each look."""

    def __init__(self, services: Services, fatal: Callable[[Exception], None], pulse: Pulse) -> None:
        self._services = services
        self._pulse = pulse
        self._fatal = fatal
        self._first = True
        self._stopping = False
        self._job: Job[ContextTypes.DEFAULT_TYPE] | None = None

    def register(self, queue: "JobQueue[ContextTypes.DEFAULT_TYPE]") -> None:
        """Put the tick into the queue; the first one comes at once."""
        self._job = queue.run_repeating(
            self.tick,
            interval=self._services.settings.execution.tick_seconds,
            name="tick",
            job_kwargs={
                # With `first=0` it would come an interval later: the instant is over by the time the queue starts.
                "next_run_time": now(),
                # The default drops a tick that is a second late, as after a suspend; one tick makes up for all.
                "misfire_grace_time": None,
                "coalesce": True,
                "max_instances": 1,
            },
        )

    def stop(self) -> None:
        """Begin no tick any more; what the one under way meets now is no news, because its calls are being ended."""
        self._stopping = True
        if self._job is not None:
            self._job.schedule_removal()

    async def tick(self, _context: ContextTypes.DEFAULT_TYPE) -> None:
        """Do what is owed now, unless something is under way or the pause after a failure is not over."""
        services = self._services
        if services.lane.locked():
            # No sign: whoever holds it has given theirs, and if that one hangs, nothing moves money any more.
            return
        self._pulse.sign(Part.TICK, services.settings.execution.tick_seconds)
        if not services.trouble.is_time():
            return
        async with services.lane:
            try:
                await asyncio.to_thread(services.rounds.tick)
            except BrokerAway as error:
                if self._stopping:
                    return
                services.rounds.away(str(error))
                await asyncio.to_thread(services.trouble.broker_failed, error)
            except (WrongAccount, UnusableAllocation) as error:
                self._fatal(error)
            except Exception as error:  # noqa: BLE001  the job queue would log it and call the tick a success
                services.rounds.broke(error)
                await asyncio.to_thread(services.trouble.routine_failed, error)
            else:
                await asyncio.to_thread(services.trouble.went_well)
                await asyncio.to_thread(services.rotation.look)
        if self._first:
            self._first = False
            log.info("the first tick is done")
        services.pump.nudge()

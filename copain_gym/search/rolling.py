"""Rolling plans: from each decision, try some plans of a second, and play the best one's beginning.

What is left of the chosen plan is carried on to the next decision, so a way out that was found once
is not lost. Where no plan survives, the search goes back some decisions. The way from one
checkpoint to the next can be searched several times; the best one is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from copain_gym.search.algorithm import Algorithm
from copain_gym.search.batch import LOOK, ROOT, SKIP, Holds, Job, Outcome
from copain_gym.search.judge import CHECKPOINT, FAILED, SKIPPED, WON

__all__ = ["Rolling"]

_LONGEST_BACK = 64  # decisions
_MOST_EFFORT = 8
_ATTEMPTS = 8  # times to go back further before beginning again from the start


class Rolling(Algorithm):
    """Rolling plans; see the module."""

    name: ClassVar[str] = "rolling"

    @dataclass(frozen=True)
    class Options:
        """Options of rolling plans.

        Attributes:
            horizon: length of a plan in frames.
            step: frames of the chosen plan that are played while plans die.
            calm_step: the same where all plans survive.
            plans: new plans at each decision, at least.
            more: further plans where some die.
            rescue: further plans where all die.
            longest: longest time that a random action is held, in units of `frames_per_action`.
            tries: how often the way to the next checkpoint, or to the end, is searched. The one
                with the highest `value` is kept; for the fewest frames, the shortest one.
            tries_within: ways of more frames are searched once only.
        """

        horizon: int = 48
        step: int = 8
        calm_step: int = 12
        plans: int = 6
        more: int = 12
        rescue: int = 96
        longest: int = 5
        tries: int = 1
        tries_within: int = 2000

    options: Options

    def begin(self) -> None:
        """See `Algorithm.begin`."""
        self._here = ROOT
        self._floor = ROOT  # the search does not go back behind this state
        self._plan: Holds = ()  # what is left of the chosen plan
        self._tried: list[tuple[Job, Outcome]] = []
        self._asked = 0  # batches for the present decision
        self._backs = 0  # times that no plan survived, since a new depth was reached
        self._deepest = 0
        self._effort = 1  # factor of the number of plans
        self._ends: list[int] = []  # where the tries since the last checkpoint have led
        self._done = False

    # ---- the two halves of a round ----------------------------------------------

    def propose(self) -> list[Job]:
        """See `Algorithm.propose`."""
        if self._done:
            return []
        node = self.tree[self._here]
        if (self._here == ROOT and not self._tried) or node.flags & SKIPPED:
            return [self.job(self._here, SKIP)]
        if self._asked == 0:
            plans = self._first_plans()
        elif self._asked == 1:
            plans = [self._changed(self._plan) for _ in range(self.options.more // 2)]
            plans += [self._random() for _ in range(self.options.more - len(plans))]
        else:
            best = max(self._tried, key=lambda t: t[1].frames)[0].plan
            plans = [self._changed(best) for _ in range(self.options.rescue // 2)]
            plans += [self._random() for _ in range(self.options.rescue - len(plans))]
        jobs = [self.job(self._here, plan) for plan in plans]
        # The chosen plan was judged at its end; the look judges what was played of it.
        return [self.job(self._here, LOOK), *jobs] if self._asked == 0 else jobs

    def absorb(self, jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
        """See `Algorithm.absorb`."""
        self.rounds += 1
        if jobs[0].plan == SKIP:
            self._skipped(outcomes[0])
            return
        if jobs[0].plan == LOOK:
            self.tree.correct(self._here, outcomes[0])
            jobs, outcomes = jobs[1:], outcomes[1:]
        self._tried += zip(jobs, outcomes, strict=True)
        self._asked += 1
        alive = [t for t in self._tried if not t[1].flags & FAILED]
        dead = len(self._tried) - len(alive)
        if (len(alive) < 3 and self._asked == 1) or (not alive and self._asked == 2):
            return  # ask for more plans
        if alive:
            self._choose(alive, calm=not dead)
        else:
            self._go_back()

    def _skipped(self, outcome: Outcome) -> None:
        if outcome.flags & (FAILED | SKIPPED) and not outcome.flags & WON:
            if self._here == ROOT:
                self._done = True
            else:
                self._go_back()
            return
        self._go_on(outcome)
        self._plan = ()

    def _choose(self, alive: list[tuple[Job, Outcome]], calm: bool) -> None:
        # Between equal ones, the plan that ends first: it has won or come to what is skipped.
        job, outcome = max(alive, key=lambda t: (bool(t[1].flags & WON), t[1].value, -t[1].frames))
        # A plan says that it has passed a checkpoint, not when: it is played to its end.
        ends = outcome.flags & (WON | SKIPPED | CHECKPOINT)
        if ends or self._left <= self.options.horizon:
            self._go_on(outcome)
            self._plan = ()
            return
        step = self.options.calm_step if calm else self.options.step
        frames = min(step, outcome.frames)
        first = cut(outcome.held, frames)[0]
        self._plan = cut(job.plan, frames)[1]  # rules press their buttons anew
        self._go_on(outcome._replace(held=first, frames=frames, flags=0))

    def _go_on(self, outcome: Outcome) -> None:
        self._here = self.tree.add(self._here, outcome)
        self._tried, self._asked = [], 0
        node = self.tree[self._here]
        if node.depth > self._deepest + 4 * self.options.horizon:
            self._deepest, self._backs = node.depth, 0
        self.consider(self._here)
        if node.flags & CHECKPOINT or self.is_end(self._here):
            self._ends.append(self._here)
            self._next_try()
        elif self._left <= 0:
            self._done = True

    def _next_try(self) -> None:
        """Search the way from the last checkpoint again, or go on from the best try."""
        ends, options = self._ends, self.options
        if self.problem.objective == "time":
            best = max(ends, key=lambda n: (-self.tree[n].depth, self.tree[n].value))
        else:
            best = max(ends, key=lambda n: (self.tree[n].value, -self.tree[n].depth))
        frames = self.tree[best].depth - self.tree[self._floor].depth
        again = len(ends) < options.tries and frames <= options.tries_within
        again = again and self._backs <= _ATTEMPTS
        if self.options.tries > 1:
            self._here = self._floor if again else best
            self._plan, self._tried, self._asked = (), [], 0
            self._backs, self._deepest = 0, self.tree[self._here].depth
        if not again:
            self._floor = best
            self._ends = []
            self.consider(best)
            self._done = self.is_end(best)
        self.tree.keep_only([self.best, self._here, *self._ends])

    def _go_back(self) -> None:
        """Go back some decisions, and further each time that this did not help."""
        self._backs += 1
        self._tried, self._asked, self._plan = [], 0, ()
        back = min(4 << min(self._backs // 2, 4), _LONGEST_BACK)
        for _ in range(back):
            if self._here == self._floor or self.tree[self._here].parent <= ROOT:
                break
            self._here = self.tree[self._here].parent
        self.tree.keep_only([self.best, self._here, *self._ends])
        if self._backs > _ATTEMPTS:
            if self._ends:
                self._next_try()  # the tries before have come through; one of them must do
            else:
                self._floor, self._backs = ROOT, 0

    @property
    def _left(self) -> int:
        """Frames until a run is too long."""
        limit = self.problem.frames
        return limit - self.tree[self._here].depth if limit else 1 << 40

    def again(self) -> bool:
        """See `Algorithm.again`. Each time there are twice as many plans, up to a limit."""
        self.tree.keep_only([self.best])
        self._here = self._floor = ROOT
        self._plan, self._tried, self._ends = (), [], []
        self._asked = self._backs = self._deepest = 0
        self._effort = min(2 * self._effort, _MOST_EFFORT)
        self._done = False
        return True

    # ---- plans ---------------------------------------------------------------

    @property
    def _horizon(self) -> int:
        return min(self.options.horizon, self._left)

    def _first_plans(self) -> list[Holds]:
        plans = []
        if self._plan:
            missing = max(0, self._horizon - sum(frames for _, frames in self._plan))
            longer = (*self._plan, (self._plan[-1][0], missing))
            plans.append(cut(longer if missing else self._plan, self._horizon)[0])
            if missing:
                plans.append(self._plan + tuple(self.random_plan(missing, self.options.longest)))
        count = self.options.plans * self._effort
        masks = self.problem.masks
        for k in range(count):
            if k % 3 == 0:
                mask = masks[int(self.random.integers(len(masks)))]
                plans.append(((mask, self._horizon),))
            elif k % 3 == 1 and self._plan:
                plans.append(self._changed(self._plan))
            else:
                plans.append(self._random())
        return plans

    def _random(self) -> Holds:
        return tuple(self.random_plan(self._horizon, self.options.longest))

    def _changed(self, plan: Holds) -> Holds:
        """A plan with another end."""
        horizon, unit = self._horizon, self.problem.frames_per_action
        kept = unit * int(self.random.integers(0, max(1, horizon // unit)))
        first, _ = cut(plan, kept)
        left = horizon - sum(frames for _, frames in first)
        return first + tuple(self.random_plan(left, self.options.longest))

    @property
    def settled(self) -> bool:
        """See `Algorithm.settled`."""
        return not self._ends

    # ---- storage ---------------------------------------------------------------

    @property
    def resting(self) -> bool:
        """See `Algorithm.resting`. A decision that is not finished is made again."""
        return not self._tried

    def save(self) -> dict[str, Any]:
        """See `Algorithm.save`."""
        return {
            "here": self._here,
            "floor": self._floor,
            "plan": self._plan,
            "backs": self._backs,
            "deepest": self._deepest,
            "effort": self._effort,
            "ends": self._ends,
            "done": self._done,
        }

    def load(self, saved: Mapping[str, Any]) -> None:
        """See `Algorithm.load`."""
        self._here, self._floor = saved["here"], saved["floor"]
        self._plan = tuple((mask, frames) for mask, frames in saved["plan"])
        self._backs, self._deepest = saved["backs"], saved["deepest"]
        self._done, self._effort = saved["done"], saved["effort"]
        self._ends = saved["ends"]
        self._tried, self._asked = [], 0


def cut(plan: Holds, frames: int) -> tuple[Holds, Holds]:
    """The first frames of a plan, and the rest.

    Examples:
        >>> cut(((1, 8), (2, 8)), 12)
        (((1, 8), (2, 4)), ((2, 4),))
    """
    first: list[tuple[int, int]] = []
    left = frames
    for k, (mask, count) in enumerate(plan):
        if count > left:
            if left:
                first.append((mask, left))
            return tuple(first), ((mask, count - left), *plan[k + 1 :])
        first.append((mask, count))
        left -= count
    return tuple(first), ()

"""No sequence of calls makes, loses or freezes a wei: the real bytecode beside a small model of the money."""

from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from verifuse.contracts import (
    EvaluationCounted,
    EvaluationsRequested,
    ModelSettled,
    ModelState,
    PanelDrawn,
)

PROGRESS = {
    "choice": st.integers(0, 5),
    "patient": st.sampled_from([True] * 7 + [False]),
    "votes": st.lists(st.tuples(st.integers(0, 3), st.sampled_from([True, True, False])), max_size=6),
    "trick": st.sampled_from(["none", "none", "duplicate", "stranger", "forged", "not the oracle"]),
}
FINAL = (ModelState.REWARDED, ModelState.REJECTED, ModelState.VOID)


@dataclass
class BookedModel:
    task: "BookedTask"
    contributor: str
    draw_block: int
    eligible: set
    state: ModelState = ModelState.ANNOUNCED
    panel: tuple = ()
    evaluation_deadline: int = 0
    base_digest: bytes = b""
    query: int = 0
    voted: dict = field(default_factory=dict)


@dataclass
class BookedTask:
    terms: object
    unreserved: int
    closed: bool = False
    queue: list = field(default_factory=list)
    head_since: int = 0


class Market(RuleBasedStateMachine):
    """Calls at random times by random people, each checked against what the rules say must happen."""

    def __init__(self, open_world):
        super().__init__()
        self.world = open_world(verifiers=4)
        self.pool = set(self.world.verifiers)
        self.tasks, self.models = {}, {}
        self.credit = defaultdict(int)

    def act(self, call, sender, allowed, wait=12, **arguments):
        """Do a call and check that it is refused exactly when the rules say so."""
        done = self.world.do(call, sender, wait=wait, **arguments)
        assert (done.failure is None) == allowed, (call, sender, done.failure)
        return done if allowed else None

    def pick(self, table, choice, fitting=lambda entry: True):
        """Choose a fitting entry if there is one, else any."""
        keys = [key for key in table if fitting(table[key])] or list(table)
        return keys[choice % len(keys)]

    def has_its_turn(self, model):
        return bool(model.task.queue) and self.models[model.task.queue[0]] is model

    def sign(self, model_id, who, fitness, signer=None):
        base = self.models[model_id].base_digest
        return self.world.sign(model_id, who, fitness, signer=signer, base_digest=base)

    def settle(self, model_id, outcome):
        model, terms = self.models[model_id], self.models[model_id].task.terms
        rest = terms.unit_budget_wei - len(model.voted) * terms.verifier_fee_wei
        if outcome is not ModelState.VOID:
            self.credit["oracle"] += terms.oracle_fee_wei
            rest -= terms.oracle_fee_wei
        if outcome is ModelState.REWARDED:
            self.credit[model.contributor] += terms.model_reward_wei
            rest -= terms.model_reward_wei
        if model.task.closed:
            self.credit["initiator"] += rest
        else:
            model.task.unreserved += rest
        model.state = outcome
        model.task.queue.pop(0)
        model.task.head_since = self.world.now

    def reserved(self, task):
        waiting = (self.models[model_id] for model_id in task.queue)
        terms = task.terms
        return sum(terms.unit_budget_wei - len(m.voted) * terms.verifier_fee_wei for m in waiting)

    def post(self, panel, quorum, budgets, fee):
        terms = self.world.terms(
            panel_size=panel, quorum=min(quorum, panel), verifier_fee_wei=fee, deadline=self.world.now + 3_000
        )
        escrow = budgets * terms.unit_budget_wei + fee
        self.act("post_task", "initiator", True, terms=terms, value_wei=escrow)
        self.tasks[len(self.tasks) + 1] = BookedTask(terms, escrow)

    @initialize(panel=st.integers(1, 4), quorum=st.integers(1, 3), fee=st.integers(0, 9))
    def begin(self, panel, quorum, fee):
        self.post(panel, quorum, 5, fee)
        for who in ("carol", "chris", "v0"):
            self.announce(0, who)

    @rule(
        call=st.sampled_from(["post", "top up", "announce", "close", "join", "leave"]),
        choice=st.integers(0, 5),
        wei=st.integers(0, 2_000_000),
    )
    def step_aside(self, call, choice, wei):
        """Do something that no model waits for."""
        if call == "post":
            self.post(1 + choice, 1 + choice // 2, budgets=choice % 3, fee=wei)
        elif call == "top up":
            self.top_up(choice, wei)
        elif call == "announce":
            self.announce(choice, ["carol", "chris", "v0", "initiator"][wei % 4])
        elif call == "close":
            self.close(choice, ["initiator", "stranger"][wei % 2])
        else:
            self.join_or_leave(f"{call}_pool", ["v0", "v1", "carol"][choice % 3])

    def top_up(self, choice, wei):
        task_id = self.pick(self.tasks, choice)
        task = self.tasks[task_id]
        if self.act("top_up", "stranger", not task.closed, task_id=task_id, value_wei=wei):
            task.unreserved += wei

    def announce(self, choice, who):
        task_id = self.pick(self.tasks, choice, lambda task: not task.closed)
        task = self.tasks[task_id]
        budget = task.terms.unit_budget_wei
        in_time = self.world.now + 12 < task.terms.deadline
        allowed = not task.closed and in_time and who != "initiator" and task.unreserved >= budget
        done = self.act("announce_model", who, allowed, task_id=task_id, cid="cid")
        if done:
            model_id = len(self.models) + 1
            eligible = self.pool - {who, "initiator"}
            self.models[model_id] = BookedModel(task, who, done.receipt.block + 1, eligible)
            task.unreserved -= budget
            task.head_since = self.world.now if not task.queue else task.head_since
            task.queue.append(model_id)

    def progress(self, choice, patient, votes, trick):
        """Try what comes next for some model, mostly in time."""
        model_id = self.pick(self.models, choice, self.has_its_turn)
        model = self.models[model_id]
        if model.query:
            self.deliver(model_id, votes, trick)
        elif model.state is ModelState.ANNOUNCED:
            self.draw(model_id, patient)
        else:
            self.request(model_id, patient)

    # One rule under three names, so that runs are mostly made of it.
    first = rule(**PROGRESS)(progress)
    second = rule(**PROGRESS)(progress)
    third = rule(**PROGRESS)(progress)

    def draw(self, model_id, patient):
        wait = 12 if patient else 700
        model, terms = self.models[model_id], self.models[model_id].task.terms
        at, block = self.world.now + wait, self.world.chain.block_number + 1
        eligible = model.eligible
        allowed = (
            model.state is ModelState.ANNOUNCED
            and self.has_its_turn(model)
            and at < model.task.head_since + terms.draw_window
            and block > model.draw_block
            and len(eligible) >= terms.quorum
        )
        done = self.act("draw_panel", "stranger", allowed, wait=wait, model_id=model_id)
        if done:
            drawn = done.the(PanelDrawn)
            model.panel = [self.world.name[address] for address in drawn.panel]
            assert set(model.panel) <= eligible
            assert len(set(model.panel)) == len(model.panel) == min(terms.panel_size, len(eligible))
            model.state = ModelState.EVALUATING
            model.evaluation_deadline = drawn.evaluation_deadline
            model.base_digest = drawn.base_digest

    def request(self, model_id, patient):
        model = self.models[model_id]
        wait = max(12, model.evaluation_deadline - self.world.now) if patient else 12
        at = self.world.now + wait
        in_time = 0 <= at - model.evaluation_deadline < 200
        allowed = model.state is ModelState.EVALUATING and in_time and not model.query
        done = self.act("request_evaluations", "carol", allowed, wait=wait, model_id=model_id)
        if done:
            model.query = done.the(EvaluationsRequested).query_id

    def deliver(self, model_id, votes, trick):
        model, terms = self.models[model_id], self.models[model_id].task.terms
        in_time = self.world.now + 12 < model.evaluation_deadline + terms.tally_window
        allowed = in_time and trick != "not the oracle"
        ballots = [(model.panel[seat % len(model.panel)], passed) for seat, passed in votes]
        rows = [self.sign(model_id, who, 9_000 if passed else 0) for who, passed in ballots]
        if trick == "duplicate":
            rows += rows
        if trick == "stranger":
            rows = [self.sign(model_id, "stranger", 9_000), *rows]
        if trick == "forged":
            rows = [self.sign(model_id, model.panel[0], 9_000, signer="stranger"), *rows]
        sender = "stranger" if trick == "not the oracle" else "oracle"
        done = self.act("deliver_evaluations", sender, allowed, query_id=model.query, evaluations=rows)
        if not done:
            return
        before = len(model.voted)
        for who, passed in ballots:
            if who not in model.voted:
                model.voted[who] = passed
                self.credit[who] += terms.verifier_fee_wei
        assert len(done.all(EvaluationCounted)) == len(model.voted) - before
        model.query = 0
        if len(model.voted) >= terms.quorum:
            passes = sum(model.voted.values())
            outcome = ModelState.REWARDED if 2 * passes > len(model.voted) else ModelState.REJECTED
            assert done.the(ModelSettled).outcome is outcome
            self.settle(model_id, outcome)

    @rule(choice=st.integers(0, 5), punctual=st.booleans())
    def expire(self, choice, punctual):
        model_id = self.pick(self.models, choice, self.has_its_turn)
        model, terms = self.models[model_id], self.models[model_id].task.terms
        deadlines = {
            ModelState.ANNOUNCED: model.task.head_since + terms.draw_window,
            ModelState.EVALUATING: model.evaluation_deadline + terms.tally_window,
        }
        deadline = deadlines.get(model.state, 0)
        wait = max(12, deadline - self.world.now) if punctual else 12
        past = self.world.now + wait >= deadline
        allowed = model.state not in FINAL and self.has_its_turn(model) and past
        if self.act("expire_model", "stranger", allowed, wait=wait, model_id=model_id):
            model.query = 0
            self.settle(model_id, ModelState.VOID)

    def close(self, choice, who):
        task_id = self.pick(self.tasks, choice)
        task = self.tasks[task_id]
        past = self.world.now + 12 >= task.terms.deadline
        if self.act("close_task", who, not task.closed and (past or who == "initiator"), task_id=task_id):
            self.credit["initiator"] += task.unreserved
            task.unreserved, task.closed = 0, True

    @precondition(lambda self: any(self.credit.values()))
    @rule(choice=st.integers(0, 5), entitled=st.booleans())
    def withdraw(self, choice, entitled):
        who = self.pick(self.credit, choice, bool) if entitled else "stranger"
        account = self.world[who].address
        before = self.world.chain.balance(account)
        if self.act("withdraw_for", "stranger", self.credit[who] > 0, account=account):
            assert self.world.chain.balance(account) == before + self.credit[who]
            self.credit[who] = 0

    def join_or_leave(self, call, who):
        if not self.act(call, who, (who in self.pool) == (call == "leave_pool")):
            return
        self.pool ^= {who}
        if call == "leave_pool":
            for model in self.models.values():
                model.eligible.discard(who)

    @invariant()
    def the_contract_owns_what_the_book_says(self):
        tasks = self.tasks.values()
        escrow = sum(task.unreserved + self.reserved(task) for task in tasks)
        owed = sum(self.credit.values())
        assert self.world.chain.balance(self.world.market.address) == escrow + owed

    def teardown(self):
        market = self.world.market
        for task_id, task in self.tasks.items():
            stored = market.task(task_id)
            assert (stored.unreserved_wei, stored.reserved_wei) == (task.unreserved, self.reserved(task))
            assert stored.head == (task.queue[0] if task.queue else 0)
        for model_id, model in self.models.items():
            stored = market.model(model_id)
            assert stored.state is model.state
            assert stored.passes <= stored.reports == len(model.voted) <= stored.seats
        for who, wei in self.credit.items():
            assert market.credit(self.world[who].address) == wei


def test_the_money_agrees_with_the_book_whatever_anyone_does(open_world):
    run_state_machine_as_test(
        lambda: Market(open_world),
        settings=settings(max_examples=12, stateful_step_count=30, deadline=None, derandomize=True),
    )

"""What holds after every block of every market, however people behave and whatever breaks."""

from typing import TYPE_CHECKING

from ..contracts import ModelState, TaskState
from ..errors import VerifuseError

if TYPE_CHECKING:
    from .market import Market

OPEN = (ModelState.ANNOUNCED, ModelState.EVALUATING)


class InvariantBroken(VerifuseError):
    """A sum does not come out, or a state changed that never may."""


class Invariants:
    """Watches one market: ``market.each_slot.append(Invariants())``.

    After every block: the ether of everybody and of the contract is what there was, less gas; what the
    contract holds is escrow, credits, stakes and what was burnt; a closed task holds nothing that is not
    reserved; passes ≤ reports ≤ seats; a model settles once, and is Rewarded only with a quorum and more than
    half of its reports.

    Attributes:
        blocks: How many blocks were looked at.
    """

    def __init__(self) -> None:
        self.blocks = 0
        self._looked_at = -1
        self._settled: dict[int, ModelState] = {}

    def __call__(self, market: "Market") -> None:
        """Look at the newest block, if there is one.

        Raises:
            InvariantBroken: Naming the block and what does not hold.
        """
        if market.newest_block.number == self._looked_at:
            return
        self._looked_at = market.newest_block.number
        self.blocks += 1
        _check_ether(market)
        if not market.config.is_paper:
            _check_contract(market)
            self._check_models(market)

    def _check_models(self, market: "Market") -> None:
        terms = {number: task.posted.terms for number, task in market.web.tasks.items()}
        for number in range(1, market.contract.counts().models + 1):
            model = market.contract.model(number)
            known = self._settled.get(number, model.state)
            _hold(market, known is model.state, f"model {number} was {known} and is {model.state}")
            if model.state in OPEN:
                continue
            self._settled[number] = model.state
            told = f"{model.passes} passes of {model.reports} reports from {model.seats} seats"
            _hold(market, model.passes <= model.reports <= model.seats, f"model {number} has {told}")
            passed = 2 * model.passes > model.reports >= terms[model.task_id].quorum
            is_fair = passed or model.state is not ModelState.REWARDED
            _hold(market, is_fair, f"model {number} is {model.state} with {told}")


def _check_ether(market: "Market") -> None:
    people = sum(market.chain.balance(account.address) for account in market.accounts.values())
    there = people + market.chain.balance(market.contract.address)
    gas = sum(mined.receipt.fee_wei for mined in market.mined)
    due = sum(market.start_balances.values()) - gas
    _hold(market, there == due, f"there are {there} wei in all, and not {due}")


def _check_contract(market: "Market") -> None:
    contract, counts = market.contract, market.contract.counts()
    tasks = [contract.task(number) for number in range(1, counts.tasks + 1)]
    for number, task in enumerate(tasks, 1):
        is_empty = task.state is not TaskState.CLOSED or not task.unreserved_wei
        _hold(market, is_empty, f"task {number} is closed and has {task.unreserved_wei} wei unreserved")
    holds = contract.burnt()
    holds += sum(task.unreserved_wei + task.reserved_wei for task in tasks)
    holds += sum(contract.credit(account.address) for account in market.accounts.values())
    holds += sum(contract.pool_slot(slot).stake_wei for slot in range(counts.pool_length))
    balance = market.chain.balance(contract.address)
    _hold(market, balance == holds, f"the contract has {balance} wei and accounts for {holds}")


def _hold(market: "Market", holds: bool, otherwise: str) -> None:
    if not holds:
        raise InvariantBroken(f"block {market.newest_block.number}: {otherwise}")

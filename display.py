"""How things look in a terminal: progress on standard error, results on standard output."""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self

import pandas as pd
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .units import format_ether

if TYPE_CHECKING:
    from .agents import DiaryEntry, Market, TaskSettings
    from .analysis import Prediction, Report
    from .scenarios import Holdings, RunRecord, Scenario

REFRESH_SECONDS = 0.25
LINES = 6

MOST_LABELS = 26
"""Labels up to which each has a column of its own where images are counted."""

LEARNING = ["contributor", "labels", "network", "local_accuracy"]
FUSED = ["fused_accuracy_I", "fused_accuracy_II"]
ALONE, GAIN = "stand-alone_accuracy", "gain_(points)"
TIMES = ("posted", "closed")
WORTHS = ["shapley", "banzhaf", "leave_one_out", "arrival_marginal"]
ERRORS = ["standard_error", "banzhaf_standard_error"]
FATE = ["contributor", "votes", "outcome", "earned_wei", "fees_wei", "settled_block"]


class Watch:
    """Shows a running market on standard error: a live picture in a terminal, lines in a log.

    A thread of its own looks at the market, so that the picture moves while the simulation waits for a
    training.
    """

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self._market: Market | None = None
        self._told = 0
        self._live = Live(console=self.console, auto_refresh=False, transient=True)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, daemon=True)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Tell what is left to tell and watch no more; calling twice does no harm."""
        self._done.set()
        self._thread.join()
        self._look()
        if self._live.is_started:
            self._live.stop()
        self._market = None

    def follow(self, market: "Market") -> None:
        """Watch this market from now on."""
        self._market = market

    def say(self, line: str) -> None:
        """Print a line for people above the picture."""
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _keep_looking(self) -> None:
        while not self._done.wait(REFRESH_SECONDS):
            self._look()

    def _look(self) -> None:
        market = self._market
        if market is None:
            return
        if self.console.is_terminal:
            self._live.update(_picture(market), refresh=True)
        else:
            news = market.journal.diary[self._told :]
            self._told += len(news)
            for entry in news:
                self.console.print(_line(entry), highlight=False, soft_wrap=True)


def _picture(market: "Market") -> Group:
    status = market.status
    head = Text.assemble(
        ("  simulated ", "dim"),
        (clock(market.time), "bold"),
        ("   block ", "dim"),
        (str(status.block), "bold"),
        ("   transactions ", "dim"),
        (str(status.transactions), "bold"),
        ("   ether in escrow ", "dim"),
        (format_ether(status.escrow_wei, 3), "bold"),
    )
    people = Table(box=None, padding=(0, 2), show_header=False)
    for participant in market.participants[:30]:
        people.add_row(Text(participant.name, "cyan"), participant.activity)
    if len(market.participants) > 30:
        people.add_row("…", f"and {len(market.participants) - 30} more")
    return Group(head, people, Text(), *(_line(entry) for entry in market.journal.diary[-LINES:]))


def _line(entry: "DiaryEntry") -> Text:
    when = f"  {clock(entry.time)}  block {entry.block:<4}"
    return Text.assemble(
        (when, "dim"), (f" {entry.who:<15}", "cyan"), f" {entry.text}", overflow="ellipsis", no_wrap=True
    )


def clock(seconds: float) -> str:
    """Return simulated seconds as h:mm:ss."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def show_run(record: "RunRecord") -> None:
    """Print what a run came to: of each task what was trained and measured; then verifiers and money."""
    from .analysis import tasks, verifiers
    from .analysis.series import NOT_TRAINED

    console, scenario, summary = _console(), record.scenario, record.summary
    names = record.task_names
    if scenario.learning == "surrogate":
        console.print(f"[red]{NOT_TRAINED}.[/red]\n")
    for name in names:
        _show_task(console, record.of_task(name))
    if len(names) > 1:
        console.print(_table("The tasks", tasks(record)))
        console.print()
    judges = verifiers(record)
    bonded = any(task.bond for task in scenario.task_list)
    console.print(_table("Verification contributors", judges if bonded else judges.drop(columns="burnt_wei")))
    console.print()
    people = record.table("participants").set_index("name")
    for name in scenario.initiators:
        initiator = people.loc[name]
        whose = "The initiator's" if len(scenario.initiators) == 1 else f"{name}'s"
        gas, spent = int(initiator.fees_wei), int(initiator.balance_start_wei - initiator.balance_end_wei)
        console.print(
            f"{whose} wallet went from {format_ether(int(initiator.balance_start_wei))} to "
            f"{format_ether(int(initiator.balance_end_wei))} ether: rewards and fees "
            f"{format_ether(spent - gas)}, gas {format_ether(gas)}."
        )
    oracle, platform = (people.loc[who] for who in ("oracle", "platform"))
    console.print(
        f"The oracle earned {format_ether(int(oracle.credited_wei))} ether and paid "
        f"{format_ether(int(oracle.fees_wei))} for gas; deploying the contract cost "
        f"{format_ether(int(platform.fees_wei))}."
    )
    for line in _bonds(record):
        console.print(line)
    for name in names:
        console.print(_integrated(record.of_task(name)))
    if not summary["finished"]:
        console.print("[red]The market did not finish before its last window ended.[/red]")
    console.print(
        f"\nSimulated {clock(summary['simulated_seconds'])} in {record.manifest['wall_seconds']:.1f} s; "
        f"{summary['blocks']} blocks, {summary['transactions']} transactions, "
        f"{format_ether(summary['fees_wei'])} ether of gas."
    )
    console.print(f"digest  {record.manifest['digest']}", soft_wrap=True)
    console.print(f"record  {record.path}", soft_wrap=True)


def _show_task(console: Console, record: "RunRecord") -> None:
    from .analysis import contributors

    scenario, task = record.scenario, record.scenario.task
    which = "" if record.task is None else f", task [bold]{record.task}[/bold]"
    console.print(f"\n[bold]{scenario.name}[/bold], seed {scenario.seed}{which}: {_rule(task)}.\n")
    alone = task.fitness == "standalone"
    people = contributors(record).rename(columns={"margin": ALONE if alone else GAIN})
    learnt = [*LEARNING, ALONE] if alone else [*LEARNING, *FUSED, *([GAIN] if task.has_reference else [])]
    console.print(_table("What computing contributors trained", people.filter(learnt)))
    console.print()
    # What somebody paid for gas cannot be told apart by tasks.
    fate = FATE if record.task is None else [column for column in FATE if column != "fees_wei"]
    console.print(_table("How they fared", people.filter(fate)))
    console.print()


def _integrated(record: "RunRecord") -> str:
    from .analysis.people import none_integrated

    integrated = record.summary["integrated_model"]
    of_which = "" if record.task is None else f" of {record.task}"
    if not integrated:
        for_which = "" if record.task is None else f" for {record.task}"
        return f"{none_integrated(record)}{for_which}, so there is no integrated model."
    unseen = ""
    if integrated["held_out_accuracy"] is not None:
        unseen = (
            f" and [bold]{integrated['held_out_accuracy']:.2%}[/bold] on "
            f"{integrated['held_out_images']:,} images that nobody trained or voted on"
        )
    return (
        f"Integrated model{of_which}: {_rewarded(len(integrated['models']))} fused by Strategy "
        f"{integrated['strategy']}, {integrated['verification_accuracy']:.2%} on the verification "
        f"sample{unseen}."
    )


def _rewarded(number: int) -> str:
    return f"{number} rewarded model{'s' if number > 1 else ''}"


def _rule(task: "TaskSettings") -> str:
    """Say for what the initiator pays, in one line."""
    fitness = {
        "accuracy": "fused accuracy",
        "gain": "gain over its base",
        "random_control": "gain over its base with a random block",
        "standalone": "accuracy alone, on its own labels,",
    }[task.fitness]
    above = f"most evaluations have its {fitness} strictly above MAFR {task.mafr:.2%}"
    if task.rule == "flat":
        rule = f"a model is paid for if {above}"
    elif task.rule in ("proportional", "median"):
        rule = f"a model is paid for by the {task.rule} rule if {above}"
    else:
        rule = (
            f"a model is paid for as the rule {task.rule_name} says, which is told the MAFR {task.mafr:.2%}"
        )
    fusion = "" if task.fitness == "standalone" else f"; Strategy {task.strategy}, base {task.base}"
    return f"{rule}{fusion}"


def _bonds(record: "RunRecord") -> list[str]:
    """Say what planted tests came to and which bonds were burnt, where a task has any."""
    models, lines = record.summary["models"], []
    if models.get("planted"):
        people = record.table("participants").set_index("role").loc[["planter"]]
        change = format_ether(int(sum(people.balance_end_wei) - sum(people.balance_start_wei)))
        agreed = int(record.table("models").plant_agreed.eq(True).sum())
        lines.append(
            f"The panel's median agreed with {agreed} of {models['planted']} planted tests; the accounts "
            f"that announced them gained {change} ether of rewards, less gas."
        )
    if any(task.bond for task in record.scenario.task_list):
        burnt = record.summary["burnt_wei"]
        lines.append(f"Bonds burnt: {format_ether(burnt)} ether." if burnt else "No bond was burnt.")
    return lines


def show_report(report: "Report") -> None:
    """Print where the page and its figures are."""
    console = _console()
    for path in (*report.figures, report.page):
        console.print(f"{'report' if path == report.page else 'figure'}  {path}", soft_wrap=True)


def show_texts(title: str, frame: pd.DataFrame) -> None:
    """Print a frame of texts as a table."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None)
    for name in map(str, frame.columns):
        table.add_column(name, vertical="bottom")
    for row in frame.itertuples(index=False):
        table.add_row(*map(str, row))
    _console().print(table)


def show_scenarios(scenarios: "Sequence[Scenario]") -> None:
    """Print the shipped scenarios and what each shows."""
    table = Table(box=None, padding=(0, 2, 1, 0), show_header=False)
    for scenario in scenarios:
        table.add_row(Text(scenario.name, "bold cyan"), " ".join(scenario.description.split()))
    _console().print(table)


def show_holdings(holdings: "Holdings") -> None:
    """Print how many images of each label everybody trains on, and how many she has in all."""
    title = f"{holdings.scenario}, seed {holdings.seed}: who trains on how many images of each label"
    table = Table(
        title=title, title_justify="left", title_style="bold", header_style="dim", box=None, padding=(0, 1)
    )
    table.add_column("")
    is_wide = holdings.classes > MOST_LABELS
    for heading in ["labels"] if is_wide else [str(label) for label in range(holdings.classes)]:
        table.add_column(heading, justify="right")
    for heading in ("train", "test", "verification"):
        table.add_column(heading, justify="right", style="bold" if heading == "train" else "")
    for one in holdings.holders:
        sums = [str(sum(counts)) for counts in (one.train, one.test, one.verification)]
        by_label = [str(count) if count else "[dim]·[/dim]" for count in one.train]
        cells = [str(len(one.labels))] if is_wide else by_label
        table.add_row(Text(one.who, "cyan"), *cells, *sums)
    console = _console()
    console.print(table)
    console.print(f"{sum(holdings.held_out):,} images are held out: nobody trains or votes on them.")


def show_studies(studies: Mapping[str, str]) -> None:
    """Print the studies and the question that each answers."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, question in studies.items():
        table.add_row(Text(name, "bold cyan"), question)
    _console().print(table)


def show_settings(settings: "Sequence[tuple[str, str, str]]") -> None:
    """Print a study's settings: name, default, meaning."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("setting", "default", "what it is for"):
        table.add_column(heading)
    for key, default, meaning in settings:
        table.add_row(Text(key, "bold cyan"), default, meaning)
    _console().print(table)


def show_predictions(predictions: "Sequence[Prediction]") -> None:
    """Print what the integrated model sees in each image."""
    table = Table(box=None, padding=(0, 2))
    for heading in ("image", "label", "probability", "truth", "remark"):
        table.add_column(heading, justify="right" if heading in ("label", "probability", "truth") else "left")
    for one in predictions:
        truth = "" if one.truth is None else str(one.truth)
        colour = "" if one.truth is None else ("green" if one.truth == one.label else "red")
        table.add_row(one.image, Text(str(one.label), colour), f"{one.probability:.1%}", truth, one.remark)
    _console().print(table)


def show_values(frame: pd.DataFrame) -> None:
    """Print what each model is worth; see ``analysis.values``."""
    console, told = _console(), frame.attrs
    # Fractions of the images are shown as per cent, nats as they are.
    nats = [] if told["utility"] == "accuracy" else [*WORTHS, *ERRORS]
    drawn = told["permutations"]
    shown = frame if drawn else frame.drop(columns=ERRORS)
    shown = shown.assign(**{name: shown[name].map("{:+.4f}".format) for name in nats if name in shown})
    console.print(_table("What each model is worth", shown))
    amount = "{:.2%}".format if told["utility"] == "accuracy" else "{:+.4f} nats".format
    console.print(
        f"\nAll together {amount(told['worth_of_all'])}, nobody {amount(told['worth_of_nobody'])} "
        f"({told['empty']}), on {told['images']:,} images that nobody trained or voted on."
    )
    orders = f" that {drawn} random orders of arrival need" if drawn else ", all there are"
    console.print(f"{told['coalitions']:,} coalitions measured{orders}.")
    for model in told["unreadable"]:
        console.print(f"[red]Model {model} cannot be rebuilt by anybody, so it is worth nothing.[/red]")


def _table(title: str, frame: pd.DataFrame) -> Table:
    """Lay out a frame: fractions as per cent, wei as ether, numbers to the right."""
    table = Table(
        title=title, title_justify="left", title_style="bold", header_style="dim", box=None, padding=(0, 2)
    )
    for name in map(str, frame.columns):
        heading = name.replace("_wei", " (ether)").replace("_", " ").replace(" ", "\n", 1)
        words = all(isinstance(value, str) for value in frame[name])
        table.add_column(heading, justify="left" if words else "right", vertical="bottom", no_wrap=True)
    for row in frame.itertuples(index=False):
        table.add_row(*(_cell(str(name), value) for name, value in zip(frame.columns, row, strict=True)))
    return table


def _cell(name: str, value: object) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return "–"
    if name.endswith("_wei"):
        return format_ether(int(str(value)))
    if name == GAIN:
        return f"{100 * float(str(value)):+.2f}"
    if name in TIMES:
        return clock(float(str(value)))
    if isinstance(value, float):
        return f"{value:.2%}"
    return str(value)


def _console() -> Console:
    console = Console()
    # A pipe has no width; what a person reads later should not be folded at 80 columns.
    return console if console.is_terminal else Console(width=160)

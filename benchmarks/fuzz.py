"""Coverage-guided fuzzing of what reads strangers' bytes: model files, scenario files, events of a contract.

    python benchmarks/fuzz.py --runs 100000            all three, one after the other
    python benchmarks/fuzz.py --only model --runs 1000000

Needs atheris (``pip install atheris``), on Linux with Python 3.11 to 3.13. Whatever the bytes, a reader
returns or raises its own named refusal; anything else ends the fuzzer with the bytes that did it in a file.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

TARGETS = ("model", "scenario", "event")


def _model() -> tuple[Callable[[bytes], None], list[bytes]]:
    from verifuse.learning import ModelFileError, TrainedNetwork, decode_model, encode_model, network_spec
    from verifuse.learning.initial import initial_weights

    spec = network_spec("tiny", (8, 8), (1, 3))
    good = encode_model(TrainedNetwork(spec, initial_weights(spec, 1)))

    def read(data: bytes) -> None:
        try:
            decode_model(data)
        except ModelFileError as refusal:
            assert "\n" not in str(refusal)

    return read, [good, b""]


def _scenario() -> tuple[Callable[[bytes], None], list[bytes]]:
    from verifuse.errors import InputError
    from verifuse.scenarios import load, shipped

    file = Path(tempfile.mkdtemp()) / "mine.toml"

    def read(data: bytes) -> None:
        file.write_bytes(data)
        try:
            load(file)
        except InputError as refusal:
            assert "\n" not in str(refusal)

    texts = [load(name).name.encode() for name in shipped()]
    return read, [b'extends = "quick"\n[task]\nmafr = 0.5\n', b'[[faults]]\nkind = "model_lost"\n', *texts]


def _event() -> tuple[Callable[[bytes], None], list[bytes]]:
    from verifuse.contracts.reverts import decode_error

    def read(data: bytes) -> None:
        str(decode_error(data))

    return read, [bytes.fromhex("08c379a0") + bytes(64), bytes.fromhex("4e487b71") + bytes(32), b""]


def fuzz(target: str, runs: int) -> None:
    """Fuzz one target in this process, which atheris ends."""
    import atheris

    with atheris.instrument_imports(include=["verifuse"]):
        read, seeds = {"model": _model, "scenario": _scenario, "event": _event}[target]()
    corpus = Path(tempfile.mkdtemp())
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)
    atheris.Setup([sys.argv[0], f"-runs={runs}", "-seed=1", "-max_len=65536", str(corpus)], read)
    atheris.Fuzz()


def main() -> None:
    """Fuzz what is asked for and print how often."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=100_000, help="executions of each target")
    parser.add_argument("--only", choices=TARGETS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        fuzz(options.only, options.runs)
        return
    found = {}
    for target in TARGETS if options.only is None else (options.only,):
        command = [sys.executable, __file__, "--inside", "--only", target, "--runs", str(options.runs)]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        found[target] = {"executions": options.runs, "findings": int(done.returncode != 0)}
        if done.returncode:
            print(done.stderr[-3000:], file=sys.stderr)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        for target, one in found.items():
            print(f"{target:<10}{one['executions']:>12,} executions, {one['findings']} findings")
    sys.exit(any(one["findings"] for one in found.values()))


if __name__ == "__main__":
    main()

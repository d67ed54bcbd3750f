"""The same five contributors trained under Flower's simulation, with Keras on JAX; see ``training.py``.

Flower pins its own versions of several libraries, so it has an environment of its own:

    python -m venv .venv-flower
    .venv-flower/bin/pip install 'flwr[simulation]>=1.20' keras jax

``python benchmarks/training.py --flower .venv-flower/bin/python`` then runs this file twice: ``as_it_comes``
with the resources that Flower gives a client by default, and ``pinned`` with a core for each client, so that
on two cores two train at a time, each on one thread, as Verifuse's workers do. The server sends one message
to each node and takes one answer; nothing is aggregated, as contributors who know different labels have
weights of different shapes.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ.update(
    {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "FLWR_TELEMETRY_ENABLED": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": str(Path(__file__).parent),  # Ray's actors import keras_fit too
    }
)

from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp
from flwr.simulation import run_simulation
from keras_fit import Contributors

DATA, ANSWERS, PINNED = Path(sys.argv[1]), Path(sys.argv[2]), "NPROC" in os.environ

client = ClientApp()
server = ServerApp()


@client.train()
def train(message: Message, context: Context) -> Message:
    """Train one contributor's model and send its weights."""
    model, accuracy = Contributors(DATA).trained(int(context.node_config["partition-id"]))
    content = RecordDict(
        {"weights": ArrayRecord(model.get_weights()), "metrics": MetricRecord({"accuracy": accuracy})}
    )
    return Message(content=content, reply_to=message)


@server.main()
def serve(grid: Grid, context: Context) -> None:
    """Ask every node once and write down what came back."""
    expected = len(Contributors(DATA))
    while len(nodes := list(grid.get_node_ids())) < expected:
        time.sleep(0.1)
    questions = [Message(content=RecordDict(), dst_node_id=node, message_type="train") for node in nodes]
    replies = list(grid.send_and_receive(questions))
    failed = [str(reply.error) for reply in replies if reply.has_error()]
    if failed:
        raise SystemExit(f"clients failed: {failed}")
    ANSWERS.write_text(json.dumps([reply.content["metrics"]["accuracy"] for reply in replies]))


if __name__ == "__main__":
    one_core_each = {
        "client_resources": {"num_cpus": 1, "num_gpus": 0.0},
        "init_args": {"num_cpus": os.cpu_count(), "log_to_driver": False},
    }
    run_simulation(
        server_app=server,
        client_app=client,
        num_supernodes=len(Contributors(DATA)),
        backend_config=one_core_each if PINNED else None,
    )

"""What the tables of a run record and their columns mean; ``record_page`` makes the reference of it.

Columns that belong together share one meaning: their names stand side by side, with commas.
"""

from collections.abc import Mapping
from types import MappingProxyType

FILES: Mapping[str, str] = MappingProxyType(
    {
        "scenario.toml": "the scenario with every default filled in; running it gives the same digest",
        "manifest.json": (
            "`schema_version`, `scenario`, `seed`, `digest`, `finished`, wall-clock and CPU seconds "
            "(of the market's process), versions of Python and libraries, `files`"
        ),
        "summary.json": (
            "headline figures: counts of outcomes, accuracies, costs in wei, the integrated model; "
            "`tasks` has them for each task"
        ),
        "*.parquet": "the tables below",
        "rule/": (
            "the Solidity sources of the task's reward rule, if it is one of your own; "
            "`scenario.toml` names the copy. Further tasks' own rules are in `rule-2/` and so on"
        ),
        "networks/": (
            "descriptions of networks of your own, if there are any; `scenario.toml` names the copies"
        ),
        "behaviours/": (
            "Python files of behaviours of your own, if there are any; `scenario.toml` names the "
            "copies, and running it runs them. Reading a record runs none of its code"
        ),
        "store/": "every model, the verification samples and the tasks' descriptions under their IPFS CIDs",
    }
)
"""What lies in the folder of a record."""

ROWS: Mapping[str, str] = MappingProxyType(
    {
        "tasks": "One row for each task on the contract, in the order of posting.",
        "participants": "One row for each account; `time` and `block` are those of the run's end.",
        "models": (
            "One row for each training that began, and for each task that a contributor had a trained "
            "model for already, in the order in which trainings end, announced or not; then one for "
            "each planted test that was announced, whose columns on training are empty. Nothing else "
            "counts planted tests as contributors' models."
        ),
        "evaluations": "One row for each seat of each panel, whether its evaluation was counted or not.",
        "payments": "One row for each amount that the contract came to owe to somebody.",
        "transactions": "One row for each mined transaction, failed ones included.",
        "events": "One row for each event of the contract.",
        "presence": (
            "One row for each stay of each participant, in the order of arrivals; in records of "
            "format 1 there are none."
        ),
        "timeline": "One row for each line of the diary that participants keep, on chain and off.",
    }
)
"""What a row of each table is."""

MEANINGS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "tasks": {
            "task_id": "number on the contract",
            "name": "name in the scenario, `task` where it lists none; empty for a stranger's",
            "initiator, account": "who posted it",
            "time, block": "when it was posted",
            "deadline": "simulated second after which no model could be announced",
            "closed_time, closed_block": "when it was closed; empty if it never was",
            "fitness, strategy, mafr": (
                "what verifiers measure, how models are fused, and what a vote has to exceed, a fraction"
            ),
            "reward_wei": "the most that the contributor of a rewarded model is paid",
            "escrow_wei": "what was deposited for it, top-ups included",
            "cost_wei": (
                "what the contract paid for it to others than its initiator and the accounts of her "
                "planted tests; gas is not in it"
            ),
            "announced, rewarded, rejected, void": "how many of contributors' models",
            "planted": "how many planted tests were announced",
            "integrated_time": (
                "when the initiator fused the rewarded models; this and the rest are empty if there was none"
            ),
            "integrated_cid, integrated_models": (
                "the fused model's CID, and the numbers of the models in it"
            ),
            "verification_accuracy, held_out_accuracy, held_out_images": (
                "of the fused model on the initiator's verification images, on images that nobody "
                "trained or voted on, and how many these are"
            ),
        },
        "participants": {
            "account": "address",
            "role": (
                "`initiator`, `contributor`, `verifier`, `oracle`, `planter`, an account from which "
                "the initiator announces a planted test, or `platform`, who deploys the contract and "
                "the task's reward rule and pays out those who are gone; `contributor and verifier` "
                "for one account in two roles"
            ),
            "name": "name in the scenario, such as `contributor-1`",
            "time, block": "end of the run",
            "balance_start_wei": "wallet at the start",
            "balance_end_wei": "wallet at the end",
            "credited_wei": "what the contract came to owe it in all, a stake that it got back included",
            "staked_wei": "what it deposited on joining the pool",
            "burnt_wei": "what was burnt of that",
            "fees_wei": "gas it paid for",
            "transactions": "transactions it sent that were mined",
            "calldata_bytes": (
                "bytes of call data in these: announcements, wrapped keys, everything it told the chain"
            ),
            "stored_bytes": (
                "bytes it put into the store. Together with `calldata_bytes` this is all that left a "
                "contributor; a verifier's signed evaluations go to the board beside it"
            ),
            "work_seconds": (
                "simulated seconds of training and measuring, also of what was cut; two things at a "
                "time count twice"
            ),
            "work_cost_wei": (
                "what that cost by `[costs]`, beside the chain and on top of it: no wallet pays it"
            ),
            "behaviour": (
                "how she decides: `honest`, another behaviour of [behaviours.md](behaviours.md), or a "
                "class of one's own by its file and name; of somebody who has two roles and behaves "
                "differently in each, both"
            ),
        },
        "models": {
            "model_id": "number on the contract; empty if never announced",
            "task_id": "the task that it is for",
            "contributor, account": "whose model it is; a planter's if it is a planted test",
            "labels": (
                "labels it was trained on; of one that its contributor did not train, those that it "
                "claims to know"
            ),
            "network": "name of its structure",
            "iterations, epochs": (
                "minibatch steps, and passes over the training images; 0 if its contributor did not train it"
            ),
            "training_started, training_finished": "simulated seconds; a task may close before the second",
            "training_cut": (
                "when its contributor left in the middle of it; empty if she did not. Who comes back "
                "trains from the first step on, which is another row"
            ),
            "reused": (
                "whether the contributor had trained the same for an earlier task, so that it took no time"
            ),
            "test_accuracy": "of the kept weights on the contributor's own test images, a fraction",
            "local_accuracy": "on the contributor's own verification images (the paper's Figures 6 and 8)",
            "claimed_accuracy": (
                "what its contributor says that it tells right; nobody checks it, and the honest say "
                "what they measured"
            ),
            "epsilon, delta": (
                "differential privacy that the training spent on the training images; empty if it was "
                "not private (`[privacy]`). The own test images, and settings tried before, are not "
                "accounted for"
            ),
            "announced": "whether it was announced",
            "cid": "IPFS CID of its file",
            "fingerprint": "of its features, as announced, in hexadecimal: verifiers tell copies by it",
            "sealed": "whether the file in the store is ciphertext",
            "time, block": "announcement; end of training, or of the run, if never announced",
            "fused_models": "how many models were fused when it was evaluated, itself included",
            "fused_accuracy_I, fused_accuracy_II": (
                "mean over the panel of the fused accuracy by each strategy (Figures 7 and 9); empty "
                "if not measured, as in every task whose fitness is `standalone`"
            ),
            "reports, passes": "evaluations counted by the contract, and those above the MAFR",
            "outcome": "`Rewarded`, `Rejected` or `Void`; empty if never announced or never settled",
            "settled_time, settled_block": "when that was decided",
            "key_released_time": (
                "when the initiator could first open it; empty if it was not sealed, not rewarded or "
                "nobody released its key"
            ),
            "planted": "whether the initiator planted it as a test of the panel",
            "plant_bps": (
                "the stand-alone fitness that the initiator had committed to, in basis points; empty "
                "until she revealed it"
            ),
            "plant_agreed": (
                "whether the panel's median lay within the tolerance of it, so that who lay outside "
                "was slashed"
            ),
        },
        "evaluations": {
            "model_id, task_id, contributor": "the model",
            "verifier, account": "who sat on the panel",
            "time, block": "when the contract counted it; when the panel was drawn if it never did",
            "fused_models": "how many models were fused, this one included",
            "fused_accuracy_I, fused_accuracy_II": (
                "what she measured by each strategy; empty if not measured"
            ),
            "committed_time": "when she bound herself to her evaluation; empty without commit–reveal",
            "counted": "whether the contract counted her evaluation",
            "verdict": (
                "what she signed: `measured`, `unreadable` (the model cannot be fetched, opened or "
                "rebuilt) or `copy`; empty if nothing was counted"
            ),
            "fitness_bps, reference_bps": (
                "what she says that she measured, in basis points, empty unless `verdict` is "
                "`measured`; the reference is 0 unless fitness is a gain"
            ),
            "copy_of": "the earlier model that she found it to be a copy of",
            "passed": (
                "whether fitness minus reference was strictly above the MAFR; never for `unreadable` "
                "and `copy`"
            ),
            "seat_outcome": (
                "what became of her seat: `Paid`; `Silent`, her bond burnt; `Slashed`, contradicted "
                "by a planted test; or `Excused`; empty without bonds or if it never was settled"
            ),
            "bond_burnt_wei": "what she lost of her bond then",
        },
        "payments": {
            "account, name, role": (
                "who is paid, and as what: who has two roles is a contributor where it is a model's "
                "reward, a verifier where it is a fee or a stake; `stranger` is who took part beside "
                "the agents, through a wallet of her own"
            ),
            "amount_wei": "how much",
            "reason": (
                "`ModelReward`, `VerifierFee`, `OracleFee`, `Refund` of escrow to the initiator, or "
                "`Stake` that a verifier takes back"
            ),
            "task_id, model_id": (
                "what for; no model for what closing a task or reclaiming a stake returns, and task 0 "
                "for the latter"
            ),
            "time, block": "when it was credited; the withdrawal is a transaction of its own",
        },
        "transactions": {
            "hash": "transaction hash",
            "time, block, index": "when, and its place in the block",
            "sender, sender_name": "who signed and paid the gas",
            "to": "the contract, or whose wallet a transfer goes to; empty for the creation of a contract",
            "function": (
                "the called function; `transfer` where ether goes from wallet to wallet, past the contract"
            ),
            "value_wei": "ether sent along",
            "gas_used, gas_price_wei, fee_wei": "gas, price per gas, and their product",
            "status": "1 if it took effect, 0 if it was reverted",
            "error": "the contract's reason, with its arguments, if it was reverted",
        },
        "events": {
            "time, block, transaction_index, log_index": "when, and its place",
            "event": "name, as in the Solidity interface",
            "task_id, model_id": "what it is about, where it says so",
            "arguments": "all arguments as JSON; bytes in hexadecimal, amounts in whole wei",
        },
        "presence": {
            "name, role": "who, and as what; who plays two roles has a row for each",
            "visit": "which of her stays, from 1",
            "arrived, left": "simulated seconds; `left` is empty if she was there to the end",
            "reason": (
                "`stay` if her time was over and she left in an orderly way; else she vanished, at a "
                "stage: `training`, `uploading`, `announcing` (her announcement is sent and not "
                "mined), `announced`, `drawn` or `evaluated` (her reward not collected) of a "
                "contributor, `joined`, `seated`, `committed` or `reported` of a verifier; `removed` "
                "if a program took her out"
            ),
            "doing": "what she was doing when she left, in plain words",
            "time, block": "when she left, or else arrived",
        },
        "timeline": {
            "time, block": "when",
            "who": "name",
            "kind": (
                "one of a few words, such as `arrived`, `trained`, `uploaded`, `measured`, "
                "`misreports`, `stays silent`, `delivered`, `pays`, `reverted`"
            ),
            "model_id": "the model it is about, where there is one",
            "text": "what happened, in plain words",
        },
    }
)
"""What the columns of each table mean."""

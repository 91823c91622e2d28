"""torch.utils.data.DataLoader, without the data set and the Python functions it takes in torch."""

from __future__ import annotations

from specc.ops.base import Argument, Loader, Use
from specc.ops.kinds import BOOL, NON_NEGATIVE, POSITIVE, SIZE, Optional


class DataLoader(Loader):
    """Draws batches from a data set."""

    target = "torch.utils.data.DataLoader"
    arguments = (
        Argument("batch_size", POSITIVE, 1, "samples in a batch"),
        Argument("shuffle", Optional(BOOL), None, "draw the training samples in a new order every epoch"),
        Argument("num_workers", SIZE, 0, "processes that prepare samples; 0 uses the main one", keyword_only=True),
        Argument("pin_memory", BOOL, False, "keep batches where a GPU can fetch them at once", keyword_only=True),
        Argument("drop_last", BOOL, False, "leave out a last batch that is not full", keyword_only=True),
        Argument("timeout", NON_NEGATIVE, 0, "seconds to wait for a worker; 0 waits for ever", keyword_only=True),
        Argument("prefetch_factor", Optional(POSITIVE), None, "batches each worker prepares ahead", keyword_only=True),
        Argument("persistent_workers", BOOL, False, "keep the workers from one epoch to the next", keyword_only=True),
        Argument("in_order", BOOL, True, "take the workers' batches in the order of the samples", keyword_only=True),
    )
    elsewhere = {
        "transform": "write transform = ... beside the loader",
        "dataset": "write train = ... beside the loader",
        "sampler": "write shuffle=true; the order follows the seed of the training",
        "batch_sampler": "write batch_size and shuffle; the order follows the seed of the training",
        "generator": "leave it out: the order follows the seed of the training",
        "worker_init_fn": "leave it out: every sample has a seed of its own",
        "collate_fn": "leave it out: samples of one size are stacked",
    }
    example = "loader = DataLoader(batch_size=64, shuffle=true, num_workers=4)"

    def check(self, use: Use) -> None:
        if use.num_workers == 0:
            for name in ("prefetch_factor", "persistent_workers", "timeout"):
                if use.values[name]:
                    use.problem(
                        "argument-domain", f"{name} of DataLoader needs workers, num_workers is 0", name,
                        helps=("write num_workers=2 or more, or leave it out",),
                    )  # fmt: skip

    def batches(self, use: Use, count: int) -> int:
        """The number of batches an epoch has, for `count` samples."""
        return count // use.batch_size if use.drop_last else -(-count // use.batch_size)

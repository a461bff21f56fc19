"""Blocks of arrays on their way to executors and back: one row of lists in Arrow's format, nothing pickled."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from keepers.warehouse.engines.engine import Block


def function_of_numbers(
    function: Callable[[Block], Block], folder: Path
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What an executor does: for each number that it is given, read the block's file, compute, return the bytes."""

    def computed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column("id").to_pylist():
                found = as_bytes(function(read_block((folder / f"{number}.arrow").read_bytes())))
                yield pa.RecordBatch.from_pydict({"id": [number], "block": pa.array([found], pa.binary())})

    return computed


def write_block(block: Block, path: Path) -> None:
    """Write a block where executors read it."""
    path.write_bytes(as_bytes(block))


def as_bytes(block: Block) -> bytes:
    """A block as one record batch with a list a name; arrays of one dimension, of any length."""
    lists = [pa.array([values], pa.list_(pa.from_numpy_dtype(values.dtype))) for values in block.values()]
    batch = pa.RecordBatch.from_arrays(lists, names=list(block))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    held: bytes = sink.getvalue().to_pybytes()
    return held


def read_block(held: bytes) -> Block:
    """The block of such bytes."""
    with pa.ipc.open_stream(held) as reader:
        batch = reader.read_next_batch()
    # copied: kernels are compiled for arrays that may be written
    return {name: np.array(batch.column(name).values) for name in batch.schema.names}

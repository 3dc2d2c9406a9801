"""Files that torch.save writes, sound ones and hostile ones, for the weights room.

Run with torch==2.9.1, safetensors:

    python torch_files.py ../resources/io/sparkpeft/weights/torch

The hostile ones do nothing: they were never loaded, and what they would call is harmless.
"""

import collections
import os
import pickle
import struct
import sys
import zipfile

import torch
from safetensors.torch import load_file, save_file

REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"
PERSISTENT = (
    b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x06tQ"
)


def state():
    generator = torch.Generator().manual_seed(3)
    whole = torch.randn(4, 6, generator=generator)
    tensors = collections.OrderedDict()
    tensors["plain"] = whole.clone()
    tensors["transposed"] = whole.t()
    tensors["slice"] = whole[1:3, 2:5]
    tensors["parameter"] = torch.nn.Parameter(torch.randn(5, generator=generator))
    tensors["half"] = torch.randn(3, 2, generator=generator).half()
    tensors["bfloat"] = torch.randn(7, generator=generator).bfloat16()
    tensors["wide"] = torch.arange(-2, 4)
    tensors["byte"] = torch.tensor([[0, 255]], dtype=torch.uint8)
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.zeros(0, 3)
    return tensors


def archive(path, pickled, storage=b"\0" * 24, compression=zipfile.ZIP_STORED, byteorder=b"little"):
    entries = {"data.pkl": pickled, "byteorder": byteorder, "data/0": storage}
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in entries.items():
            file.writestr(zipfile.ZipInfo(f"archive/{name}"), content, compression)


def whole(number):
    return b"J" + struct.pack("<i", number)


def tensor(offset, shape, strides):
    """A dictionary of one tensor over six values."""
    tuple_of = lambda numbers: b"(" + b"".join(map(whole, numbers)) + b"t"
    rebuilt = b"(" + PERSISTENT + whole(offset) + tuple_of(shape) + tuple_of(strides)
    return b"\x80\x02}X\x01\x00\x00\x00w" + REBUILD + rebuilt + b"\x89}tRs."


class Call:
    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


def hostile(folder):
    def write(name, pickled, **options):
        archive(f"{folder}/{name}.bin", pickled, **options)

    write("calls_system", pickle.dumps({"w": Call(os.getpid)}, protocol=2))
    write("calls_eval", pickle.dumps(Call(eval, "1 + 1"), protocol=2))
    write("builds_object", b"\x80\x02ccollections\nOrderedDict\n)\x81}b.")
    write("calls_system_5", pickle.dumps({"w": Call(os.getpid)}, protocol=5))
    write("protocol_1", b"\x80\x01}.")
    write("names_by_number", b"\x80\x05K\x01K\x02\x93.")
    write("not_tensors", pickle.dumps({"w": 1}, protocol=2))
    write("not_a_dictionary", pickle.dumps([1], protocol=2))
    write("beyond_storage", tensor(1, [2, 3], [3, 1]))
    write("before_storage", tensor(-1, [2], [1]))
    write("backward", tensor(5, [2], [-1]))
    write("multiplied", tensor(0, [1 << 30, 1 << 30], [0, 0]))
    write("overflowing", tensor(0, [1 << 30] * 4, [1 << 30] * 4))
    write("short_storage", tensor(0, [6], [1]), storage=b"\0" * 20)
    write("compressed", tensor(0, [6], [1]), compression=zipfile.ZIP_DEFLATED)
    write("big_endian", tensor(0, [6], [1]), byteorder=b"big")
    write("cut_short", tensor(0, [6], [1])[:40])
    write("empty_stack", b"\x80\x02R.")
    write("unknown_memo", b"\x80\x02h\x07.")
    write("long_text", b"\x80\x02X\xff\xff\xff\x7fw.")
    write("path_as_key", tensor(0, [6], [1]).replace(b"X\x01\x00\x00\x000X", b"X\x04\x00\x00\x00../0X"))
    write("sound", tensor(0, [2, 3], [3, 1]))
    torch.save(state(), f"{folder}/legacy.bin", _use_new_zipfile_serialization=False)
    with open(f"{folder}/no_archive.bin", "wb") as file:
        file.write(b"PK\x03\x04 and no more")


def main(folder):
    torch.save(state(), f"{folder}/state.bin")
    values = {name: value.detach().contiguous() for name, value in state().items()}
    save_file(values, f"{folder}/state.safetensors")
    linear = torch.nn.Linear(3, 2)
    with torch.no_grad():
        linear.weight.copy_(torch.arange(6.0).reshape(2, 3))
        linear.bias.zero_()
    torch.save(linear.state_dict(), f"{folder}/module.bin")  # its dictionary has attributes
    trainer = {"model": state(), "optimizer": {"state": {0: {"step": torch.tensor(2.0)}}}, "steps": 7}
    torch.save(trainer, f"{folder}/trainer.bin", pickle_protocol=5)
    hostile(folder)
    adapter = f"{folder}/../../adapter"
    tensors = load_file(f"{adapter}/few/adapter_model.safetensors")
    torch.save(tensors, f"{adapter}/few_pickled.bin")


main(sys.argv[1])

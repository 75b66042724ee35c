"""Weights and pictures from a formula that test/support/formula-weights.ts has too, so that no file has to carry them."""
import numpy as np
import torch

MASK = 0xFFFFFFFF


def uniform(name, size, salt):
    key = 0x811C9DC5
    for byte in name.encode():
        key = ((key ^ byte) * 0x01000193) & MASK
    mixed = (np.arange(size, dtype=np.uint32) * np.uint32(0x9E3779B1)) ^ np.uint32(key ^ salt)
    mixed ^= mixed >> np.uint32(16)
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed.astype(np.float64) / 2**31 - 1


def tensor(name, shape, scale, salt):
    values = uniform(name, int(np.prod(shape)), salt) * scale
    return torch.from_numpy(values.astype(np.float32).reshape(shape))

from .chains.make import Chain, Chains, make_chains

__all__ = [
    "Chain",
    "Chains",
    "make_chains",
]

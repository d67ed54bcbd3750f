"""Studies of what models learn: contributors train and verifiers fuse, with or without a market around."""

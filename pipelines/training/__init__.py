"""Training of generators and embedders: SFT, DPO, contrastive; the door of trl."""

import os

# torch 2.13 takes large pages for large tensors only if it is told so before its first tensor; a
# step's tensors come and go, and small pages cost a fifth of its time on a processor
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

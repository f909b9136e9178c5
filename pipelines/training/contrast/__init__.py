"""A contrastive training: which rows meet in a batch, and which texts are pushed apart."""

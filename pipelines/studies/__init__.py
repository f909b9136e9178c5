"""What is measured on a finished run: the loop with a part left out."""

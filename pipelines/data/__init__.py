"""The records that steps hand on, examples, and which prompts are asked."""

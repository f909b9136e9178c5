"""The door of transformers and peft: base models, tokenizers, chat templates, LoRA."""

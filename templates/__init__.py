"""What the model is told and what a channel allows: prompts, channel specs, samples. Data, no code."""

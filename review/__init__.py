"""Where people decide: the review page and the exports. Never imports the engine."""

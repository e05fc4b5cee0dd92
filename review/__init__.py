"""Where people decide: the review page, the decisions behind it and the exports. Never imports the engine."""

"""What runs: Prefect flows and the ``copydesk`` command. Orchestrates, decides nothing."""

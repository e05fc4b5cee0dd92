"""How copy is made: brief → prompt → draft → checked, scored copy. Knows no database and no Prefect."""

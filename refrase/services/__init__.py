"""Use cases: one role, one public verb each. They orchestrate; the rules stand in core."""

"""Rules of approvals: facts, conditions, policies, their checks, and how a round goes on. Values in, values out."""

"""Running Outlay itself: settings, sessions, API tokens, and what the audit holds."""

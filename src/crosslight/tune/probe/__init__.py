"""Probes on hidden states (SafeSwitch): a cheap guard, and the switch to a head that declines."""

"""The verbs that list, measure and compare systems: systems, cite, compare, bench, tune, kv."""

"""Settings → parts → application, worker, upkeep. The only room that knows all others."""

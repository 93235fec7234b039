"""Who asks: a Twenty user, a key, or by explicit setting anyone; and how often they can."""

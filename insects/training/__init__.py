"""One training, from its settings to a finished run directory; no page is known here."""

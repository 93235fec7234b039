"""What a visitor sees in a browser: people, a person's page, calls; plain HTML from the server."""

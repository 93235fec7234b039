"""What the commands do: from settings to an exit status. Like `app`, it knows everybody."""

"""What each command does. A file is imported when its command is called, so that ``--help`` stays instant."""

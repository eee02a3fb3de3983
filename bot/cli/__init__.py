"""The command line: words become calls. What stands here is light, because workers import it too."""

"""The chat against whatever may come: any text, any callback data, any update, in any order."""

"""The allocation in the chat: what it is and was, drafts of another one, and the tap that makes one active."""

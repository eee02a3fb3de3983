"""`allocator demo`: the whole product against the stand-ins, in one terminal."""

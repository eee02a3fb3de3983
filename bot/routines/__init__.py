"""How core's routines come about: by the tick, by the owner's word, or to be shown only."""

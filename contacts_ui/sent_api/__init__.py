"""The messaging API: what can be asked (`queries`), answered (`types`) and go wrong (`errors`). No Django."""

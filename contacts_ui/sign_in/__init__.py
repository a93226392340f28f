"""Who someone is: how they sign in, with what second factor, and for how long."""

"""Sign-in: passwords, passkeys, single sign-on, second factors and session timeout."""

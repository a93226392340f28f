"""Sign-in: passwords, second factors, passkeys and single sign-on, with a real identity provider."""

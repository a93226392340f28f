"""Who someone is: passwords, second factors, passkeys, single sign-on. With real parts."""

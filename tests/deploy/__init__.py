"""Tests of deploy/ and of the guide in docs/deploy.md."""

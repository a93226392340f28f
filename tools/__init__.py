"""Developer tools: launcher, test dependency installer, vendored assets, flag sprite, screenshots, mutation tests."""

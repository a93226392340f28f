"""Operations: what an operator looks for, as metrics for machines and as seven lines in words. No call of the API."""

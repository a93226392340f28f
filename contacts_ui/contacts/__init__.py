"""Contact list: its filters, the search that finds rows however a number was typed, and the labels of a contact."""

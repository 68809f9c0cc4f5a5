"""The pages for people: each is rendered from what the API knows, and acts through the API."""

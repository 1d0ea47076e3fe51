"""Any OpenAI-compatible endpoint: `openai:MODEL@URL`."""

"""The documents of the four REST dialects as pydantic models: parsed JSON comes in, a checked document goes out."""

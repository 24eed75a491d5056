"""The four REST dialects: recorded exchanges in, documents and rows out to db/, and documents back again."""

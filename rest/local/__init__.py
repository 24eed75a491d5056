"""Operations applied here: Workgraph plays the four systems itself, and is the record of what they would hold.

An operation becomes what the system would have said of its records afterwards, and that is taken in like any document
that came from it: merged, made into rows, unified. `writer.py` performs; each noun has a file with its operations.
"""

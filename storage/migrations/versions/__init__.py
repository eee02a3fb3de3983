"""One file for each change of the schema, named by its revision. A file is never changed once it was released."""

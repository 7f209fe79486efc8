"""A file's structure: from bytes to a header and rows of cells, whatever its format, with bounded memory."""

"""The report of a profile: a document of frozen data, figures, and one self-contained HTML page."""

"""The lessons as a book of web pages: stored outputs, glossary, formulas, sources, results. Nothing is executed."""

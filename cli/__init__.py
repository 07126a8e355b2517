"""The command line: parse, call one verb of the library, print. Nothing heavy is imported until it is needed."""

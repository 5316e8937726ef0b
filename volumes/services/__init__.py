"""The verbs that people ask for. They alone write what is wanted; see the module of each noun."""

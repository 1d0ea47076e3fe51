"""Does a model really see, give log-probabilities, obey a schema?"""

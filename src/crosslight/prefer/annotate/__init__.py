"""Two replies to one question before an annotator, in both orders; and what it does with probes."""

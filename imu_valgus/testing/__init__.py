"""Virtual sensors, radios and faults for tests, our own and other people's (extra ``test``)."""

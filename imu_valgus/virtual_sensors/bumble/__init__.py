"""Virtual sensors behind a real Bluetooth stack in this process (bumble, extra ``benchmark``)."""

"""Drivers: the dialogue with each kind of sensor, over any :class:`GattLink`."""

"""Drivers: the dialogue with each sensor model, over any :class:`GattLink`."""

"""Pure protocols: bytes to samples, commands to bytes, and the same seen from the sensor's side.

One module decodes (``open_profile``), one beside it plays the sensor (``open_profile_peripheral``).
Neither knows of asyncio, radios or clocks of the host.
"""

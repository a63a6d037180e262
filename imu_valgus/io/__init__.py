"""Files in and out: sessions, vendor exports, calibrations, result tables."""

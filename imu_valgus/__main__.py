"""``python -m imu_valgus``: the same as the ``imu-valgus`` command."""

from imu_valgus.cli.main import run

if __name__ == "__main__":
    run()

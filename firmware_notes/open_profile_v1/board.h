/*
 * What the sketch needs of a board. One .cpp file per board implements it; the others compile to
 * nothing. To support another board, write one more such file.
 */
#ifndef BOARD_H
#define BOARD_H

#include "open_profile_pack.h"

/* Microseconds since power-on, wrapping at 2^32; must run on a crystal (within 50 ppm). */
uint32_t board_clock_us();
void board_id(uint8_t id[OVP_ID_BYTES]);
void board_show_identity(bool is_on);

/* Starts the sensor chip; false: it does not answer. */
bool imu_begin();
uint8_t imu_capabilities();
/* Turns the wanted settings into the nearest possible ones and sets them. */
void imu_configure(ovp_state *state);
void imu_start();
void imu_stop();
/*
 * Gives the next new sample: numbered since imu_start() (a sample that was measured but could not
 * be read leaves a hole in the numbers), stamped, right-handed, acc positive upwards at rest.
 */
bool imu_next(ovp_sample *sample);

/* Starts advertising; the radio keeps `control` and `info` readable. */
void radio_begin(const char *name);
void radio_poll();
void radio_publish(const uint8_t control[OVP_CONTROL_BYTES], const uint8_t info[OVP_INFO_BYTES]);
bool radio_is_linked();
/* Whether the central listens to DATA. */
bool radio_is_heard();
uint16_t radio_mtu();
/* False: the radio's queue is full, try again later. */
bool radio_notify_data(const uint8_t *data, size_t length);
bool radio_notify_clock(const uint8_t *data, size_t length);

/* The sketch implements these; the radio calls them, possibly from another task. */
void on_control_written(const uint8_t *data, size_t length);
void on_clock_written(const uint8_t *data, size_t length);

#endif /* BOARD_H */

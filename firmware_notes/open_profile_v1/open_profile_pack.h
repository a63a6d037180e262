/*
 * Open firmware profile v1: packing of everything that goes over the air.
 *
 * Plain C99 (and C++11), no allocation, no dependence on a board: the test suite of imu_valgus
 * compiles this very file and compares its bytes with the decoder. Specification: the file
 * open_profile_v1.md one folder up. All numbers little-endian, whatever the processor.
 *
 * MIT licence, the imu_valgus developers.
 */
#ifndef OPEN_PROFILE_PACK_H
#define OPEN_PROFILE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OVP_VERSION 1u
#define OVP_CLOCK_HZ 1000000u

#define OVP_KIND_ACC_GYR 1u
#define OVP_KIND_ACC_GYR_MAG 2u
#define OVP_OVERRUN 0x80u

#define OVP_OP_STOP 0u
#define OVP_OP_START 1u
#define OVP_OP_IDENTIFY 2u
#define OVP_OP_CONFIGURE 3u

#define OVP_CAPABILITY_MAG 0x01u

#define OVP_HEADER_BYTES 8u
#define OVP_CHANNELS_MOST 9u
#define OVP_INFO_BYTES 20u
#define OVP_CONTROL_BYTES 9u
#define OVP_CLOCK_REQUEST_BYTES 4u
#define OVP_CLOCK_REPLY_BYTES 12u
#define OVP_ID_BYTES 6u
#define OVP_DATA_MOST 244u /* ATT MTU 247 */

typedef struct {
  bool is_running;
  uint16_t rate_hz;
  uint16_t acc_range_g;
  uint16_t gyr_range_dps;
  uint8_t samples_per_packet; /* 0: as many as the MTU allows */
  uint8_t kind;
} ovp_state;

/* One sample; acc, gyr, mag in counts. The index tells it from samples that were never measured. */
typedef struct {
  uint32_t index;
  uint32_t t_us;
  int16_t counts[OVP_CHANNELS_MOST];
} ovp_sample;

/* Samples that wait to be sent. When it is full the oldest one makes room: new data matter more. */
typedef struct {
  ovp_sample *slots;
  uint16_t capacity;
  uint16_t first;
  uint16_t count;
  bool has_overrun;
} ovp_ring;

static inline void ovp_put16(uint8_t *out, uint16_t value) {
  out[0] = (uint8_t)(value & 0xFFu);
  out[1] = (uint8_t)(value >> 8);
}

static inline void ovp_put32(uint8_t *out, uint32_t value) {
  ovp_put16(out, (uint16_t)(value & 0xFFFFu));
  ovp_put16(out + 2, (uint16_t)(value >> 16));
}

static inline uint16_t ovp_get16(const uint8_t *in) {
  return (uint16_t)(in[0] | ((uint16_t)in[1] << 8));
}

static inline uint32_t ovp_get32(const uint8_t *in) {
  return (uint32_t)ovp_get16(in) | ((uint32_t)ovp_get16(in + 2) << 16);
}

static inline uint8_t ovp_channels(uint8_t kind) {
  return kind == OVP_KIND_ACC_GYR_MAG ? 9u : 6u;
}

/* How many samples fit one notification; 0: not even one. */
static inline uint8_t ovp_most_samples(uint16_t mtu, uint8_t kind) {
  const uint16_t overhead = 3u + OVP_HEADER_BYTES;
  const uint16_t room = mtu > overhead ? (uint16_t)(mtu - overhead) : 0u;
  const uint16_t samples = (uint16_t)(room / (2u * ovp_channels(kind)));
  return (uint8_t)(samples > 255u ? 255u : samples);
}

/* How many samples a full packet holds with these settings over this link. */
static inline uint8_t ovp_packet_samples(const ovp_state *state, uint16_t mtu) {
  const uint8_t most = ovp_most_samples(mtu, state->kind);
  const uint8_t wanted = state->samples_per_packet;
  return (wanted == 0u || wanted > most) ? most : wanted;
}

/* The offered value that is nearest to the wanted one; the earlier of two that are equally near. */
static inline uint16_t ovp_nearest(uint16_t wanted, const uint16_t *offered, size_t n) {
  uint16_t best = offered[0];
  for (size_t i = 1; i < n; i++) {
    const int32_t old_distance = (int32_t)best - (int32_t)wanted;
    const int32_t distance = (int32_t)offered[i] - (int32_t)wanted;
    if ((distance < 0 ? -distance : distance) < (old_distance < 0 ? -old_distance : old_distance)) {
      best = offered[i];
    }
  }
  return best;
}

static inline size_t ovp_pack_state(uint8_t out[OVP_CONTROL_BYTES], const ovp_state *state) {
  out[0] = state->is_running ? 1u : 0u;
  ovp_put16(out + 1, state->rate_hz);
  ovp_put16(out + 3, state->acc_range_g);
  ovp_put16(out + 5, state->gyr_range_dps);
  out[7] = state->samples_per_packet;
  out[8] = state->kind;
  return OVP_CONTROL_BYTES;
}

/* Reads a configure command; false: it is none, or asks for an unknown kind. */
static inline bool ovp_unpack_configure(const uint8_t *in, size_t length, ovp_state *wanted) {
  if (length != OVP_CONTROL_BYTES || in[0] != OVP_OP_CONFIGURE) {
    return false;
  }
  if (in[8] != OVP_KIND_ACC_GYR && in[8] != OVP_KIND_ACC_GYR_MAG) {
    return false;
  }
  wanted->is_running = false;
  wanted->rate_hz = ovp_get16(in + 1);
  wanted->acc_range_g = ovp_get16(in + 3);
  wanted->gyr_range_dps = ovp_get16(in + 5);
  wanted->samples_per_packet = in[7];
  wanted->kind = in[8];
  return true;
}

static inline size_t ovp_pack_info(uint8_t out[OVP_INFO_BYTES], const ovp_state *state,
                                   uint8_t capabilities, uint16_t packet_samples,
                                   const uint8_t id[OVP_ID_BYTES]) {
  out[0] = OVP_VERSION;
  out[1] = capabilities;
  ovp_put16(out + 2, state->rate_hz);
  ovp_put16(out + 4, state->acc_range_g);
  ovp_put16(out + 6, state->gyr_range_dps);
  ovp_put16(out + 8, packet_samples);
  ovp_put32(out + 10, OVP_CLOCK_HZ);
  memcpy(out + 14, id, OVP_ID_BYTES);
  return OVP_INFO_BYTES;
}

static inline bool ovp_unpack_clock_request(const uint8_t *in, size_t length, uint32_t *cookie) {
  if (length != OVP_CLOCK_REQUEST_BYTES) {
    return false;
  }
  *cookie = ovp_get32(in);
  return true;
}

static inline size_t ovp_pack_clock_reply(uint8_t out[OVP_CLOCK_REPLY_BYTES], uint32_t cookie,
                                          uint32_t received_us, uint32_t sent_us) {
  ovp_put32(out, cookie);
  ovp_put32(out + 4, received_us);
  ovp_put32(out + 8, sent_us);
  return OVP_CLOCK_REPLY_BYTES;
}

static inline void ovp_ring_init(ovp_ring *ring, ovp_sample *slots, uint16_t capacity) {
  ring->slots = slots;
  ring->capacity = capacity;
  ring->first = 0u;
  ring->count = 0u;
  ring->has_overrun = false;
}

static inline const ovp_sample *ovp_ring_at(const ovp_ring *ring, uint16_t i) {
  return &ring->slots[((uint32_t)ring->first + i) % ring->capacity];
}

static inline void ovp_ring_push(ovp_ring *ring, const ovp_sample *sample) {
  if (ring->count == ring->capacity) {
    ring->first = (uint16_t)(((uint32_t)ring->first + 1u) % ring->capacity);
    ring->count--;
    ring->has_overrun = true;
  }
  ring->slots[((uint32_t)ring->first + ring->count) % ring->capacity] = *sample;
  ring->count++;
}

/*
 * Packs the oldest samples, at most `most` of them and as many as follow each other without a hole
 * in their numbers. Returns the number of bytes, 0 when there is nothing to send or no room.
 * The samples stay in the ring until ovp_ring_sent(): a notification may fail.
 */
static inline size_t ovp_ring_pack(const ovp_ring *ring, uint8_t kind, uint8_t most, uint8_t *out,
                                   size_t room, uint8_t *packed) {
  const uint8_t channels = ovp_channels(kind);
  uint8_t n = 0u;
  while (n < most && n < ring->count &&
         ovp_ring_at(ring, n)->index == ovp_ring_at(ring, 0u)->index + n &&
         OVP_HEADER_BYTES + 2u * channels * (n + 1u) <= room) {
    n++;
  }
  *packed = n;
  if (n == 0u) {
    return 0u;
  }
  const ovp_sample *first = ovp_ring_at(ring, 0u);
  out[0] = (uint8_t)(kind | (ring->has_overrun ? OVP_OVERRUN : 0u));
  out[1] = n;
  ovp_put16(out + 2, (uint16_t)(first->index & 0xFFFFu));
  ovp_put32(out + 4, first->t_us);
  uint8_t *at = out + OVP_HEADER_BYTES;
  for (uint8_t i = 0u; i < n; i++) {
    const ovp_sample *sample = ovp_ring_at(ring, i);
    for (uint8_t c = 0u; c < channels; c++) {
      ovp_put16(at, (uint16_t)sample->counts[c]);
      at += 2;
    }
  }
  return (size_t)(at - out);
}

/* Takes samples out that have been sent. */
static inline void ovp_ring_sent(ovp_ring *ring, uint8_t packed) {
  ring->first = (uint16_t)(((uint32_t)ring->first + packed) % ring->capacity);
  ring->count = (uint16_t)(ring->count - packed);
  ring->has_overrun = false;
}

#endif /* OPEN_PROFILE_PACK_H */

/* Runs the packing header line by line: a command with numbers in, hexadecimal bytes out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "open_profile_pack.h"

static ovp_ring ring;
static ovp_sample slots[4096];

static unsigned long next_number(void) {
  long value = 0;
  if (scanf("%ld", &value) != 1) {
    exit(2);
  }
  return (unsigned long)value;
}

static void print_bytes(const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    printf("%02x", bytes[i]);
  }
  printf("\n");
}

static ovp_state next_state(void) {
  ovp_state state;
  state.is_running = next_number() != 0;
  state.rate_hz = (uint16_t)next_number();
  state.acc_range_g = (uint16_t)next_number();
  state.gyr_range_dps = (uint16_t)next_number();
  state.samples_per_packet = (uint8_t)next_number();
  state.kind = (uint8_t)next_number();
  return state;
}

static size_t next_bytes(uint8_t *bytes) {
  const size_t length = next_number();
  for (size_t i = 0; i < length; i++) {
    bytes[i] = (uint8_t)next_number();
  }
  return length;
}

static void do_info(void) {
  uint8_t out[OVP_INFO_BYTES], id[OVP_ID_BYTES];
  const ovp_state state = next_state();
  const uint8_t capabilities = (uint8_t)next_number();
  const uint16_t packet_samples = (uint16_t)next_number();
  for (size_t i = 0; i < OVP_ID_BYTES; i++) {
    id[i] = (uint8_t)next_number();
  }
  print_bytes(out, ovp_pack_info(out, &state, capabilities, packet_samples, id));
}

static void do_configure(void) {
  uint8_t in[64], out[OVP_CONTROL_BYTES];
  ovp_state wanted;
  const size_t length = next_bytes(in);
  if (ovp_unpack_configure(in, length, &wanted)) {
    print_bytes(out, ovp_pack_state(out, &wanted));
  } else {
    printf("refused\n");
  }
}

static void do_clock(void) {
  uint8_t in[64], out[OVP_CLOCK_REPLY_BYTES];
  uint32_t cookie;
  const size_t length = next_bytes(in);
  const uint32_t received = (uint32_t)next_number(), sent = (uint32_t)next_number();
  if (ovp_unpack_clock_request(in, length, &cookie)) {
    print_bytes(out, ovp_pack_clock_reply(out, cookie, received, sent));
  } else {
    printf("refused\n");
  }
}

static void do_push(void) {
  ovp_sample sample;
  sample.index = (uint32_t)next_number();
  sample.t_us = (uint32_t)next_number();
  for (size_t c = 0; c < OVP_CHANNELS_MOST; c++) {
    sample.counts[c] = (int16_t)next_number();
  }
  ovp_ring_push(&ring, &sample);
}

static void do_take(void) {
  uint8_t out[OVP_DATA_MOST], packed;
  const uint8_t kind = (uint8_t)next_number(), most = (uint8_t)next_number();
  print_bytes(out, ovp_ring_pack(&ring, kind, most, out, sizeof out, &packed));
  if (packed > 0) {
    ovp_ring_sent(&ring, packed);
  }
}

int main(void) {
  char command[16];
  while (scanf("%15s", command) == 1) {
    if (strcmp(command, "info") == 0) {
      do_info();
    } else if (strcmp(command, "state") == 0) {
      uint8_t out[OVP_CONTROL_BYTES];
      const ovp_state state = next_state();
      print_bytes(out, ovp_pack_state(out, &state));
    } else if (strcmp(command, "configure") == 0) {
      do_configure();
    } else if (strcmp(command, "clock") == 0) {
      do_clock();
    } else if (strcmp(command, "most") == 0) {
      const uint16_t mtu = (uint16_t)next_number();
      printf("%u\n", (unsigned)ovp_most_samples(mtu, (uint8_t)next_number()));
    } else if (strcmp(command, "nearest") == 0) {
      uint16_t offered[16];
      const uint16_t wanted = (uint16_t)next_number();
      const size_t n = next_number();
      for (size_t i = 0; i < n; i++) {
        offered[i] = (uint16_t)next_number();
      }
      printf("%u\n", (unsigned)ovp_nearest(wanted, offered, n));
    } else if (strcmp(command, "ring") == 0) {
      ovp_ring_init(&ring, slots, (uint16_t)next_number());
    } else if (strcmp(command, "push") == 0) {
      do_push();
    } else if (strcmp(command, "take") == 0) {
      do_take();
    } else {
      return 3;
    }
  }
  return 0;
}

/*
 * Reference firmware of the open firmware profile v1 (specification: ../open_profile_v1.md).
 *
 * Boards: Seeed XIAO nRF52840 Sense (core "Seeed nRF52 Boards", not the mbed one) and Arduino
 * Nano 33 BLE Sense, first revision (core "Arduino Mbed OS Nano Boards", library ArduinoBLE).
 * The packing is tested on a computer; THE SKETCH ITSELF HAS NOT YET RUN ON A BOARD.
 *
 * MIT licence, the imu_valgus developers.
 */
#include "board.h"

/* Ten seconds at 208 Hz: what a lost link may last without loss. 28 bytes each. */
static const uint16_t RING_SAMPLES = 2080;
/* Measuring without a central ends after this time, so that a forgotten sensor keeps its charge. */
static const uint32_t UNLINKED_MOST_US = 600u * 1000000u;
static const uint32_t IDENTIFY_US = 3u * 1000000u;

static ovp_sample slots[RING_SAMPLES];
static ovp_ring ring;
static ovp_state state = {false, 104, 16, 2000, 4, OVP_KIND_ACC_GYR};
static uint8_t own_id[OVP_ID_BYTES];

/* One command and one clock request may wait; a central waits for the answer before the next. */
static volatile bool has_command = false;
static uint8_t command[OVP_CONTROL_BYTES];
static volatile size_t command_length = 0;
static volatile bool has_clock_request = false;
static volatile uint32_t clock_cookie = 0;
static volatile uint32_t clock_received_us = 0;

static uint32_t last_linked_us = 0;
static uint32_t identify_since_us = 0;
static bool is_identifying = false;

void on_control_written(const uint8_t *data, size_t length) {
  if (has_command || length == 0 || length > sizeof command) {
    return;
  }
  memcpy(command, data, length);
  command_length = length;
  has_command = true;
}

void on_clock_written(const uint8_t *data, size_t length) {
  const uint32_t now_us = board_clock_us();
  uint32_t cookie = 0;
  if (!has_clock_request && ovp_unpack_clock_request(data, length, &cookie)) {
    clock_cookie = cookie;
    clock_received_us = now_us;
    has_clock_request = true;
  }
}

static void publish() {
  uint8_t control[OVP_CONTROL_BYTES], info[OVP_INFO_BYTES];
  ovp_pack_state(control, &state);
  const uint16_t packet_samples = ovp_packet_samples(&state, radio_mtu());
  ovp_pack_info(info, &state, imu_capabilities(), packet_samples, own_id);
  radio_publish(control, info);
}

/* Sends full packets, or everything that waits. What cannot be sent now stays in the ring. */
static void send_waiting(bool everything) {
  uint8_t data[OVP_DATA_MOST];
  uint8_t packed = 0;
  while (radio_is_heard()) {
    const uint8_t full = ovp_packet_samples(&state, radio_mtu());
    if (full == 0 || ring.count == 0 || (!everything && ring.count < full)) {
      return;
    }
    const size_t length = ovp_ring_pack(&ring, state.kind, full, data, sizeof data, &packed);
    if (length == 0 || !radio_notify_data(data, length)) {
      return;
    }
    ovp_ring_sent(&ring, packed);
  }
}

static void start_measuring() {
  if (state.is_running) {
    return; /* a central that came back: counter and stored samples go on */
  }
  ovp_ring_init(&ring, slots, RING_SAMPLES);
  imu_start();
  state.is_running = true;
  last_linked_us = board_clock_us();
}

static void stop_measuring() {
  if (state.is_running) {
    imu_stop();
    send_waiting(true);
    state.is_running = false;
  }
}

static void obey() {
  ovp_state wanted;
  if (command[0] == OVP_OP_START) {
    start_measuring();
  } else if (command[0] == OVP_OP_STOP) {
    stop_measuring();
  } else if (command[0] == OVP_OP_IDENTIFY) {
    is_identifying = true;
    identify_since_us = board_clock_us();
    board_show_identity(true);
  } else if (!state.is_running && ovp_unpack_configure(command, command_length, &wanted)) {
    imu_configure(&wanted);
    state = wanted;
  }
  publish();
}

static void answer_clock() {
  uint8_t reply[OVP_CLOCK_REPLY_BYTES];
  ovp_pack_clock_reply(reply, clock_cookie, clock_received_us, board_clock_us());
  radio_notify_clock(reply, sizeof reply);
}

static void keep_time() {
  const uint32_t now_us = board_clock_us();
  if (radio_is_linked()) {
    last_linked_us = now_us;
  } else if (state.is_running && now_us - last_linked_us > UNLINKED_MOST_US) {
    stop_measuring();
    publish();
  }
  if (is_identifying && now_us - identify_since_us > IDENTIFY_US) {
    is_identifying = false;
    board_show_identity(false);
  }
}

void setup() {
  board_id(own_id);
  while (!imu_begin()) {
    board_show_identity(true); /* lights for good: the sensor chip does not answer */
    delay(500);
  }
  imu_configure(&state);
  ovp_ring_init(&ring, slots, RING_SAMPLES);
  char name[9];
  snprintf(name, sizeof name, "OVP-%02X%02X", own_id[OVP_ID_BYTES - 2], own_id[OVP_ID_BYTES - 1]);
  radio_begin(name);
  publish();
}

void loop() {
  ovp_sample sample;
  radio_poll();
  if (has_clock_request) {
    answer_clock();
    has_clock_request = false;
  }
  if (has_command) {
    obey();
    has_command = false;
  }
  while (state.is_running && imu_next(&sample)) {
    ovp_ring_push(&ring, &sample);
  }
  send_waiting(false);
  keep_time();
}

/*
 * Arduino Nano 33 BLE Sense (first revision): ArduinoBLE radio, LSM9DS1 sensor with its queue.
 *
 * The chip's interrupt line is not used: its queue of 32 samples is read in every round, and the
 * time of the newest sample is at most the time of reading. Stamps therefore advance by a period
 * and are pulled back whenever they would lie in the future.
 */
#if defined(ARDUINO_ARDUINO_NANO33BLE)

#include <Arduino.h>
#include <ArduinoBLE.h>
#include <Wire.h>

#include "board.h"

uint32_t board_clock_us() { return micros(); }

void board_id(uint8_t id[OVP_ID_BYTES]) {
  uint8_t number[8];
  ovp_put32(number, NRF_FICR->DEVICEID[0]);
  ovp_put32(number + 4, NRF_FICR->DEVICEID[1]);
  memcpy(id, number, OVP_ID_BYTES);
}

void board_show_identity(bool is_on) { digitalWrite(LED_BUILTIN, is_on ? HIGH : LOW); }

/* ---- sensor chip, register numbers of the LSM9DS1 data sheet (ST, DocID025715) ---- */

static const uint8_t AG_ADDRESS = 0x6B;
static const uint8_t WHO_AM_I = 0x0F, CTRL_REG1_G = 0x10, OUT_X_L_G = 0x18, CTRL_REG6_XL = 0x20;
static const uint8_t CTRL_REG8 = 0x22, CTRL_REG9 = 0x23, OUT_X_L_XL = 0x28, FIFO_CTRL = 0x2E;
static const uint8_t FIFO_SRC = 0x2F;

static const uint16_t RATES_HZ[] = {60, 119, 238};
static const uint8_t RATE_CODES[] = {0x40, 0x60, 0x80};
static const uint32_t PERIODS_US[] = {16807, 8403, 4202};
/* The 16 g setting has 0.732 mg per count: the number range ends at 24 g. */
static const uint16_t ACC_RANGES_G[] = {2, 4, 8, 24};
static const uint8_t ACC_CODES[] = {0x00, 0x10, 0x18, 0x08};
/* 8.75, 17.5 and 70 mdps per count times 32768. */
static const uint16_t GYR_RANGES_DPS[] = {287, 573, 2294};
static const uint8_t GYR_CODES[] = {0x00, 0x08, 0x18};
/*
 * Signs that make the chip's axes right-handed. Check them on your board with the axis test of the
 * specification before you trust a recording.
 */
static const int16_t ACC_SIGN[3] = {1, 1, 1};
static const int16_t GYR_SIGN[3] = {1, 1, 1};

static uint8_t rate_code = 0x60, acc_code = 0x08, gyr_code = 0x18;
static uint32_t period_us = 8403;
static uint32_t next_index = 0;
static uint32_t stamp_us = 0;
static bool has_stamp = false;
static uint8_t waiting = 0;

static void write_register(uint8_t address, uint8_t value) {
  Wire1.beginTransmission(AG_ADDRESS);
  Wire1.write(address);
  Wire1.write(value);
  Wire1.endTransmission();
}

static bool read_registers(uint8_t address, uint8_t *out, size_t length) {
  Wire1.beginTransmission(AG_ADDRESS);
  Wire1.write(address);
  if (Wire1.endTransmission(false) != 0 || Wire1.requestFrom(AG_ADDRESS, length) != length) {
    return false;
  }
  for (size_t i = 0; i < length; i++) {
    out[i] = (uint8_t)Wire1.read();
  }
  return true;
}

bool imu_begin() {
  pinMode(LED_BUILTIN, OUTPUT);
  Wire1.begin();
  Wire1.setClock(400000);
  uint8_t who = 0;
  if (!read_registers(WHO_AM_I, &who, 1) || who != 0x68) {
    return false;
  }
  write_register(CTRL_REG8, 0x44); /* a sample's bytes belong together; addresses count up */
  return true;
}

uint8_t imu_capabilities() { return 0; }

static size_t place_of(uint16_t value, const uint16_t *offered, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (offered[i] == value) {
      return i;
    }
  }
  return 0;
}

void imu_configure(ovp_state *state) {
  state->kind = OVP_KIND_ACC_GYR;
  state->rate_hz = ovp_nearest(state->rate_hz, RATES_HZ, 3);
  state->acc_range_g = ovp_nearest(state->acc_range_g, ACC_RANGES_G, 4);
  state->gyr_range_dps = ovp_nearest(state->gyr_range_dps, GYR_RANGES_DPS, 3);
  const size_t rate = place_of(state->rate_hz, RATES_HZ, 3);
  rate_code = RATE_CODES[rate];
  period_us = PERIODS_US[rate];
  acc_code = ACC_CODES[place_of(state->acc_range_g, ACC_RANGES_G, 4)];
  gyr_code = GYR_CODES[place_of(state->gyr_range_dps, GYR_RANGES_DPS, 3)];
}

void imu_start() {
  write_register(CTRL_REG1_G, rate_code | gyr_code);
  write_register(CTRL_REG6_XL, rate_code | acc_code);
  write_register(CTRL_REG9, 0x02); /* queue on */
  write_register(FIFO_CTRL, 0x00); /* empties it */
  write_register(FIFO_CTRL, 0xC0); /* newest replace oldest */
  next_index = 0;
  has_stamp = false;
  waiting = 0;
}

void imu_stop() {
  write_register(CTRL_REG1_G, 0x00);
  write_register(CTRL_REG6_XL, 0x00);
}

/* How many samples wait in the chip; a full queue has lost some, as many as the time tells. */
static void look_into_queue() {
  uint8_t status = 0;
  if (!read_registers(FIFO_SRC, &status, 1)) {
    return;
  }
  waiting = status & 0x3F;
  const uint32_t now_us = board_clock_us();
  if (waiting == 0) {
    return;
  }
  if (!has_stamp) {
    stamp_us = now_us - waiting * period_us;
    has_stamp = true;
  }
  const int32_t behind_us = (int32_t)(now_us - waiting * period_us - stamp_us);
  if ((status & 0x40) != 0 && behind_us > (int32_t)period_us) {
    const uint32_t lost = (uint32_t)behind_us / period_us;
    next_index += lost;
    stamp_us += lost * period_us;
  } else if (behind_us < 0) {
    stamp_us += (uint32_t)behind_us; /* the newest sample cannot lie in the future */
  }
}

bool imu_next(ovp_sample *sample) {
  if (waiting == 0) {
    look_into_queue();
  }
  uint8_t gyr[6], acc[6];
  if (waiting == 0 || !read_registers(OUT_X_L_G, gyr, 6) || !read_registers(OUT_X_L_XL, acc, 6)) {
    return false;
  }
  waiting--;
  stamp_us += period_us;
  sample->index = next_index++;
  sample->t_us = stamp_us;
  for (uint8_t c = 0; c < 3; c++) {
    sample->counts[c] = (int16_t)(ACC_SIGN[c] * (int16_t)ovp_get16(acc + 2 * c));
    sample->counts[3 + c] = (int16_t)(GYR_SIGN[c] * (int16_t)ovp_get16(gyr + 2 * c));
    sample->counts[6 + c] = 0;
  }
  return true;
}

/* ---- radio ---- */

static BLEService service("8d5c0001-4a31-4f6e-9b0e-6d0a5c3e1f27");
static BLECharacteristic data_chr("8d5c0002-4a31-4f6e-9b0e-6d0a5c3e1f27", BLENotify, OVP_DATA_MOST);
static BLECharacteristic control_chr("8d5c0003-4a31-4f6e-9b0e-6d0a5c3e1f27", BLERead | BLEWrite,
                                     OVP_CONTROL_BYTES);
static BLECharacteristic info_chr("8d5c0004-4a31-4f6e-9b0e-6d0a5c3e1f27", BLERead, OVP_INFO_BYTES);
static BLECharacteristic clock_chr("8d5c0005-4a31-4f6e-9b0e-6d0a5c3e1f27", BLEWrite | BLENotify,
                                   OVP_CLOCK_REPLY_BYTES);

static void control_written(BLEDevice, BLECharacteristic chr) {
  on_control_written(chr.value(), (size_t)chr.valueLength());
}

static void clock_written(BLEDevice, BLECharacteristic chr) {
  on_clock_written(chr.value(), (size_t)chr.valueLength());
}

void radio_begin(const char *name) {
  while (!BLE.begin()) {
    delay(500);
  }
  BLE.setLocalName(name);
  BLE.setConnectionInterval(12, 12); /* 15 ms; the default loses packets */
  service.addCharacteristic(data_chr);
  service.addCharacteristic(control_chr);
  service.addCharacteristic(info_chr);
  service.addCharacteristic(clock_chr);
  control_chr.setEventHandler(BLEWritten, control_written);
  clock_chr.setEventHandler(BLEWritten, clock_written);
  BLE.addService(service);
  BLE.setAdvertisedService(service);
  BLE.advertise();
}

void radio_poll() { BLE.poll(); }

void radio_publish(const uint8_t control[OVP_CONTROL_BYTES], const uint8_t info[OVP_INFO_BYTES]) {
  control_chr.writeValue(control, (int)OVP_CONTROL_BYTES);
  info_chr.writeValue(info, (int)OVP_INFO_BYTES);
}

bool radio_is_linked() { return BLE.connected(); }

bool radio_is_heard() { return BLE.connected() && data_chr.subscribed(); }

/*
 * The library neither starts the MTU exchange nor tells its result: a central that does not ask for
 * 247 receives cut packets, so the packets stay small enough for the 185 of Apple's systems.
 */
uint16_t radio_mtu() { return 185; }

bool radio_notify_data(const uint8_t *data, size_t length) {
  return data_chr.writeValue(data, (int)length) != 0;
}

bool radio_notify_clock(const uint8_t *data, size_t length) {
  return clock_chr.writeValue(data, (int)length) != 0;
}

#endif /* ARDUINO_ARDUINO_NANO33BLE */

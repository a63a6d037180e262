/*
 * Seeed XIAO nRF52840 Sense: Bluefruit radio, LSM6DS3TR-C sensor with data-ready interrupt.
 */
#if defined(ARDUINO_NRF52_ADAFRUIT)

#include <Arduino.h>
#include <Wire.h>
#include <bluefruit.h>

#include "board.h"

/* ---- clock: a hardware timer, because the core's micros() is coarse or wraps early ---- */

static void clock_begin() {
  sd_clock_hfclk_request(); /* the crystal, not the RC oscillator, for as long as it is powered */
  NRF_TIMER4->MODE = TIMER_MODE_MODE_Timer;
  NRF_TIMER4->BITMODE = TIMER_BITMODE_BITMODE_32Bit;
  NRF_TIMER4->PRESCALER = 4; /* 16 MHz / 2^4 */
  NRF_TIMER4->TASKS_START = 1;
}

/* Interrupt and tasks use capture registers of their own, so that they cannot disturb each other. */
static uint32_t capture_us(uint8_t channel) {
  NRF_TIMER4->TASKS_CAPTURE[channel] = 1;
  return NRF_TIMER4->CC[channel];
}

uint32_t board_clock_us() {
  taskENTER_CRITICAL();
  const uint32_t now_us = capture_us(1);
  taskEXIT_CRITICAL();
  return now_us;
}

void board_id(uint8_t id[OVP_ID_BYTES]) {
  uint8_t number[8];
  ovp_put32(number, NRF_FICR->DEVICEID[0]);
  ovp_put32(number + 4, NRF_FICR->DEVICEID[1]);
  memcpy(id, number, OVP_ID_BYTES);
}

void board_show_identity(bool is_on) { digitalWrite(LED_BLUE, is_on ? LOW : HIGH); }

/* ---- sensor chip, register numbers of the LSM6DS3TR-C data sheet (ST, DocID030071) ---- */

static const uint8_t IMU_ADDRESS = 0x6A;
static const uint8_t DRDY_PULSE_CFG_G = 0x0B, INT1_CTRL = 0x0D, WHO_AM_I = 0x0F;
static const uint8_t CTRL1_XL = 0x10, CTRL2_G = 0x11, CTRL3_C = 0x12, OUTX_L_G = 0x22;

static const uint16_t RATES_HZ[] = {26, 52, 104, 208};
static const uint8_t RATE_CODES[] = {0x20, 0x30, 0x40, 0x50};
static const uint16_t ACC_RANGES_G[] = {2, 4, 8, 16};
static const uint8_t ACC_CODES[] = {0x00, 0x08, 0x0C, 0x04};
/*
 * 8.75, 17.5, 35 and 70 mdps per count times 32768: the true ends of the number range, which is
 * what the profile's scale means. The data sheet's nominal 250, 500, 1000, 2000 are 13 % less.
 */
static const uint16_t GYR_RANGES_DPS[] = {287, 573, 1147, 2294};
static const uint8_t GYR_CODES[] = {0x00, 0x04, 0x08, 0x0C};

static volatile uint32_t ready_count = 0;
static volatile uint32_t ready_us = 0;
static uint32_t taken_count = 0;
static uint8_t rate_code = 0x40, acc_code = 0x04, gyr_code = 0x0C;

static void write_register(uint8_t address, uint8_t value) {
  Wire1.beginTransmission(IMU_ADDRESS);
  Wire1.write(address);
  Wire1.write(value);
  Wire1.endTransmission();
}

static bool read_registers(uint8_t address, uint8_t *out, uint8_t length) {
  Wire1.beginTransmission(IMU_ADDRESS);
  Wire1.write(address);
  if (Wire1.endTransmission(false) != 0 || Wire1.requestFrom(IMU_ADDRESS, length) != length) {
    return false;
  }
  for (uint8_t i = 0; i < length; i++) {
    out[i] = (uint8_t)Wire1.read();
  }
  return true;
}

static void on_data_ready() {
  ready_us = capture_us(0);
  ready_count = ready_count + 1;
}

bool imu_begin() {
  pinMode(LED_BLUE, OUTPUT);
  board_show_identity(false);
  pinMode(PIN_LSM6DS3TR_C_POWER, OUTPUT);
  digitalWrite(PIN_LSM6DS3TR_C_POWER, HIGH);
  delay(20);
  Wire1.begin();
  Wire1.setClock(400000);
  uint8_t who = 0;
  if (!read_registers(WHO_AM_I, &who, 1) || who != 0x6A) {
    return false;
  }
  write_register(CTRL3_C, 0x44); /* a sample's bytes belong together; addresses count up */
  /* A pulse for every sample: a level would hide those that come before the last one is read. */
  write_register(DRDY_PULSE_CFG_G, 0x80);
  write_register(INT1_CTRL, 0x02); /* interrupt when a new angular velocity is there */
  pinMode(PIN_LSM6DS3TR_C_INT1, INPUT);
  attachInterrupt(digitalPinToInterrupt(PIN_LSM6DS3TR_C_INT1), on_data_ready, RISING);
  return true;
}

uint8_t imu_capabilities() { return 0; }

static uint8_t code_of(uint16_t value, const uint16_t *offered, const uint8_t *codes, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (offered[i] == value) {
      return codes[i];
    }
  }
  return codes[0];
}

void imu_configure(ovp_state *state) {
  state->kind = OVP_KIND_ACC_GYR;
  state->rate_hz = ovp_nearest(state->rate_hz, RATES_HZ, 4);
  state->acc_range_g = ovp_nearest(state->acc_range_g, ACC_RANGES_G, 4);
  state->gyr_range_dps = ovp_nearest(state->gyr_range_dps, GYR_RANGES_DPS, 4);
  rate_code = code_of(state->rate_hz, RATES_HZ, RATE_CODES, 4);
  acc_code = code_of(state->acc_range_g, ACC_RANGES_G, ACC_CODES, 4);
  gyr_code = code_of(state->gyr_range_dps, GYR_RANGES_DPS, GYR_CODES, 4);
}

void imu_start() {
  write_register(CTRL1_XL, rate_code | acc_code);
  write_register(CTRL2_G, rate_code | gyr_code);
  taskENTER_CRITICAL();
  ready_count = 0;
  taskEXIT_CRITICAL();
  taken_count = 0;
}

void imu_stop() {
  write_register(CTRL1_XL, 0x00);
  write_register(CTRL2_G, 0x00);
}

bool imu_next(ovp_sample *sample) {
  taskENTER_CRITICAL();
  const uint32_t count = ready_count;
  const uint32_t stamp_us = ready_us;
  taskEXIT_CRITICAL();
  uint8_t raw[12];
  if (count == taken_count || !read_registers(OUTX_L_G, raw, sizeof raw)) {
    return false;
  }
  /* Samples that were overwritten before they could be read leave a hole in the numbers. */
  taken_count = count;
  sample->index = count - 1;
  sample->t_us = stamp_us;
  for (uint8_t c = 0; c < 3; c++) {
    sample->counts[c] = (int16_t)ovp_get16(raw + 6 + 2 * c);
    sample->counts[3 + c] = (int16_t)ovp_get16(raw + 2 * c);
    sample->counts[6 + c] = 0;
  }
  return true;
}

/* ---- radio ---- */

/* 8d5cNNNN-4a31-4f6e-9b0e-6d0a5c3e1f27, last byte first. */
#define OVP_UUID(low, high)                                                                       \
  {0x27, 0x1f, 0x3e, 0x5c, 0x0a, 0x6d, 0x0e, 0x9b, 0x6e, 0x4f, 0x31, 0x4a, low, high, 0x5c, 0x8d}

static const uint8_t SERVICE_UUID[16] = OVP_UUID(0x01, 0x00);
static const uint8_t DATA_UUID[16] = OVP_UUID(0x02, 0x00);
static const uint8_t CONTROL_UUID[16] = OVP_UUID(0x03, 0x00);
static const uint8_t INFO_UUID[16] = OVP_UUID(0x04, 0x00);
static const uint8_t CLOCK_UUID[16] = OVP_UUID(0x05, 0x00);

static BLEService service(SERVICE_UUID);
static BLECharacteristic data_chr(DATA_UUID);
static BLECharacteristic control_chr(CONTROL_UUID);
static BLECharacteristic info_chr(INFO_UUID);
static BLECharacteristic clock_chr(CLOCK_UUID);
static volatile uint16_t link_handle = BLE_CONN_HANDLE_INVALID;

static const uint16_t INTERVAL_15_MS = 12;   /* units of 1.25 ms */
static const uint16_t SUPERVISION_5_S = 500; /* units of 10 ms */

static void control_callback(uint16_t, BLECharacteristic *, uint8_t *data, uint16_t length) {
  on_control_written(data, length);
}

static void clock_callback(uint16_t, BLECharacteristic *, uint8_t *data, uint16_t length) {
  on_clock_written(data, length);
}

static void connect_callback(uint16_t handle) {
  BLEConnection *link = Bluefruit.Connection(handle);
  link->requestPHY();
  link->requestDataLengthUpdate();
  link->requestMtuExchange(247);
  link->requestConnectionParameter(INTERVAL_15_MS, 0, SUPERVISION_5_S);
  link_handle = handle;
}

static void disconnect_callback(uint16_t, uint8_t) { link_handle = BLE_CONN_HANDLE_INVALID; }

void radio_begin(const char *name) {
  Bluefruit.configPrphBandwidth(BANDWIDTH_MAX); /* before begin() */
  Bluefruit.begin();
  clock_begin(); /* the radio's software device must run before the crystal can be asked for */
  Bluefruit.setName(name);
  Bluefruit.Periph.setConnectCallback(connect_callback);
  Bluefruit.Periph.setDisconnectCallback(disconnect_callback);
  Bluefruit.Periph.setConnInterval(INTERVAL_15_MS, INTERVAL_15_MS);

  service.begin();
  data_chr.setProperties(CHR_PROPS_NOTIFY);
  data_chr.setPermission(SECMODE_OPEN, SECMODE_NO_ACCESS);
  data_chr.setMaxLen(OVP_DATA_MOST);
  data_chr.begin();
  control_chr.setProperties(CHR_PROPS_READ | CHR_PROPS_WRITE);
  control_chr.setPermission(SECMODE_OPEN, SECMODE_OPEN);
  control_chr.setMaxLen(OVP_CONTROL_BYTES);
  control_chr.setWriteCallback(control_callback);
  control_chr.begin();
  info_chr.setProperties(CHR_PROPS_READ);
  info_chr.setPermission(SECMODE_OPEN, SECMODE_NO_ACCESS);
  info_chr.setFixedLen(OVP_INFO_BYTES);
  info_chr.begin();
  clock_chr.setProperties(CHR_PROPS_WRITE | CHR_PROPS_NOTIFY);
  clock_chr.setPermission(SECMODE_OPEN, SECMODE_OPEN);
  clock_chr.setMaxLen(OVP_CLOCK_REPLY_BYTES);
  clock_chr.setWriteCallback(clock_callback);
  clock_chr.begin();

  Bluefruit.Advertising.addFlags(BLE_GAP_ADV_FLAGS_LE_ONLY_GENERAL_DISC_MODE);
  Bluefruit.Advertising.addService(service);
  Bluefruit.Advertising.addName();
  Bluefruit.Advertising.restartOnDisconnect(true);
  Bluefruit.Advertising.setInterval(160, 160); /* 100 ms */
  Bluefruit.Advertising.start(0);
}

void radio_poll() {}

void radio_publish(const uint8_t control[OVP_CONTROL_BYTES], const uint8_t info[OVP_INFO_BYTES]) {
  control_chr.write(control, OVP_CONTROL_BYTES);
  info_chr.write(info, OVP_INFO_BYTES);
}

bool radio_is_linked() { return link_handle != BLE_CONN_HANDLE_INVALID; }

bool radio_is_heard() { return radio_is_linked() && data_chr.notifyEnabled(link_handle); }

uint16_t radio_mtu() {
  BLEConnection *link = radio_is_linked() ? Bluefruit.Connection(link_handle) : nullptr;
  return link ? link->getMtu() : 23;
}

bool radio_notify_data(const uint8_t *data, size_t length) {
  return data_chr.notify(link_handle, data, (uint16_t)length);
}

bool radio_notify_clock(const uint8_t *data, size_t length) {
  return radio_is_linked() && clock_chr.notify(link_handle, data, (uint16_t)length);
}

#endif /* ARDUINO_NRF52_ADAFRUIT */

#pragma once
#include <stdint.h>

#define BANDWIDTH_MAX 5
#define CHR_PROPS_READ 0x02
#define CHR_PROPS_WRITE 0x08
#define CHR_PROPS_NOTIFY 0x10
#define BLE_CONN_HANDLE_INVALID 0xFFFF
#define BLE_GAP_ADV_FLAGS_LE_ONLY_GENERAL_DISC_MODE 6
enum SecureMode_t { SECMODE_NO_ACCESS, SECMODE_OPEN };

class BLEService {
 public:
  explicit BLEService(const uint8_t uuid[16]);
  int begin();
};

class BLECharacteristic {
 public:
  typedef void (*write_cb)(uint16_t, BLECharacteristic *, uint8_t *, uint16_t);
  explicit BLECharacteristic(const uint8_t uuid[16]);
  void setProperties(uint8_t properties);
  void setPermission(SecureMode_t read, SecureMode_t write);
  void setMaxLen(uint16_t length);
  void setFixedLen(uint16_t length);
  void setWriteCallback(write_cb callback);
  int begin();
  uint16_t write(const void *data, uint16_t length);
  bool notify(uint16_t handle, const void *data, uint16_t length);
  bool notifyEnabled(uint16_t handle);
};

class BLEConnection {
 public:
  bool requestPHY();
  bool requestDataLengthUpdate();
  bool requestMtuExchange(uint16_t mtu);
  bool requestConnectionParameter(uint16_t interval, uint16_t latency, uint16_t timeout);
  uint16_t getMtu();
};

struct BLEPeriph {
  void setConnectCallback(void (*callback)(uint16_t));
  void setDisconnectCallback(void (*callback)(uint16_t, uint8_t));
  bool setConnInterval(uint16_t least, uint16_t most);
};

struct BLEAdvertising {
  bool addFlags(uint8_t flags);
  bool addService(BLEService &service);
  bool addName();
  void restartOnDisconnect(bool enable);
  void setInterval(uint16_t fast, uint16_t slow);
  bool start(uint16_t timeout);
};

struct AdafruitBluefruit {
  BLEPeriph Periph;
  BLEAdvertising Advertising;
  void configPrphBandwidth(uint8_t bandwidth);
  bool begin();
  void setName(const char *name);
  BLEConnection *Connection(uint16_t handle);
};
extern AdafruitBluefruit Bluefruit;

#pragma once
#include <stdint.h>

enum { BLERead = 0x02, BLEWrite = 0x08, BLENotify = 0x10 };
enum BLECharacteristicEvent { BLESubscribed, BLEUnsubscribed, BLERead_, BLEWritten };

class BLEDevice {};

class BLECharacteristic {
 public:
  BLECharacteristic(const char *uuid, uint16_t properties, int size, bool fixed = false);
  const uint8_t *value() const;
  int valueLength() const;
  int writeValue(const uint8_t *data, int length, bool with_response = true);
  bool subscribed();
  void setEventHandler(int event, void (*handler)(BLEDevice, BLECharacteristic));
};

class BLEService {
 public:
  explicit BLEService(const char *uuid);
  void addCharacteristic(BLECharacteristic &characteristic);
};

class BLELocalDevice {
 public:
  int begin();
  void poll();
  bool connected() const;
  bool setLocalName(const char *name);
  void setConnectionInterval(uint16_t least, uint16_t most);
  void addService(BLEService &service);
  bool setAdvertisedService(const BLEService &service);
  int advertise();
};
extern BLELocalDevice BLE;

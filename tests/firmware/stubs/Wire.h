#pragma once
#include <stddef.h>
#include <stdint.h>

class TwoWire {
 public:
  void begin();
  void setClock(uint32_t hz);
  void beginTransmission(uint8_t address);
  size_t write(uint8_t value);
  uint8_t endTransmission(bool stop = true);
  size_t requestFrom(uint8_t address, size_t length);
  int read();
};
extern TwoWire Wire1;

/* Just enough of the Arduino cores' declarations to check the sketch's syntax; see the test. */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HIGH 1
#define LOW 0
#define INPUT 0
#define OUTPUT 1
#define RISING 3
#define LED_BLUE 12
#define LED_BUILTIN 13
#define PIN_LSM6DS3TR_C_POWER 15
#define PIN_LSM6DS3TR_C_INT1 18

void pinMode(int pin, int mode);
void digitalWrite(int pin, int value);
int digitalPinToInterrupt(int pin);
void attachInterrupt(int interrupt, void (*callback)(), int mode);
void delay(unsigned long ms);
unsigned long micros();

struct NRF_TIMER_Type {
  volatile uint32_t MODE, BITMODE, PRESCALER, TASKS_START, TASKS_CAPTURE[6], CC[6];
};
struct NRF_FICR_Type {
  uint32_t DEVICEID[2];
};
extern NRF_TIMER_Type *NRF_TIMER4;
extern NRF_FICR_Type *NRF_FICR;
#define TIMER_MODE_MODE_Timer 0
#define TIMER_BITMODE_BITMODE_32Bit 3
uint32_t sd_clock_hfclk_request();
void taskENTER_CRITICAL();
void taskEXIT_CRITICAL();

// What is asked of the device, which is done in order and late; see driver.cc.
#pragma once
extern "C" {
#include "cuda.h"
}
#include <cstddef>
#include <functional>

// Asks for work.
CUresult later(std::function<CUresult()> run);

// Does what was asked, up to a mark or all of it, and gives the first error.
CUresult catch_up(CUevent mark = nullptr);

// Whether the device has a pool of memory, and what that does when the host has waited for everything; see memory.cc.
bool has_pool();
void settle_pool();

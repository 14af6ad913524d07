// Arguments of attention's kernels; attention.cu and attention_backward.cu say what each array is.
#pragma once
#include "device.h"

struct AttentionArguments {
  const bf16 *q, *k, *v;
  bf16 *y;
  float *lse;
  int T, NH, HS, window;
  int stride, stride_y;
  float scale;  // HS^-0.5
  int unused;
};

struct AttentionBackwardArguments {
  const bf16 *q, *k, *v, *y, *dy;
  bf16 *dq, *dk, *dv;
  const float *lse;
  float *along;
  int T, NH, HS, window;
  int stride, stride_y, stride_d;
  float scale;
  int tokens, unused;
};

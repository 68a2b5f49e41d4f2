/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 */

// OpenMP, from the base's own libopenmp.

#include <omp.h>
#include <stdio.h>

int main(void) {
  long long sum = 0;
  int most = 0;
#pragma omp parallel for reduction(+ : sum) num_threads(4)
  for (int i = 0; i < 100000; i++) {
    sum += i;
  }
#pragma omp parallel num_threads(4)
  {
#pragma omp critical
    if (omp_get_thread_num() > most) {
      most = omp_get_thread_num();
    }
  }
  printf("sum %lld, %d threads\n", sum, most + 1);
  return 0;
}
